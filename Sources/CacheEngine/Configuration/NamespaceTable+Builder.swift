// Makes the namespaces of a configuration, and finds what goes on of those before.

extension NamespaceTable {
    struct Builder {
        let configuration: EngineConfiguration
        let shared: Budget
        let old: NamespaceTable?
        var segments: [Segment] = []
        /// How many of the segments have a configured namespace; they come first.
        private(set) var configuredSegments = 0

        init(
            configuration: EngineConfiguration, shared: NamespaceConfiguration,
            old: NamespaceTable?
        ) {
            self.configuration = configuration
            self.old = old
            self.shared = Self.budget(
                continuing: old?.first.budget,
                maxBytes: shared.maxBytes ?? configuration.maxBytes, maxEntries: shared.maxEntries)
        }

        mutating func add(_ given: NamespaceConfiguration) -> Namespace {
            let budget = self.budget(of: given)
            let segment = segments.firstIndex {
                $0.budget === budget && $0.domain.policy == given.eviction
            }
            if segment == nil {
                let domain = domain(of: budget, given.eviction)
                append(domain, budget)
            }
            return Namespace(
                name: Array(given.name.utf8), ttlNanoseconds: ttl(of: given)?.saturatedNanoseconds,
                lifetime: given.lifetime, segment: segment ?? segments.count - 1, budget: budget,
                isConfigured: true)
        }

        private mutating func append(_ domain: PolicyDomain, _ budget: Budget) {
            let former = old?.segments.firstIndex { $0.domain === domain }
            segments.append(Segment(domain: domain, budget: budget, former: former))
        }

        /// Gives each its number, and adds those that are leaving.
        mutating func place(
            _ made: [Namespace]
        ) -> (namespaces: [Namespace], numbers: [Int], movesEntries: Bool) {
            configuredSegments = segments.count
            let known = old?.namespaces ?? []
            var placed = [Namespace?](repeating: nil, count: known.count)
            var numbers = made.map { formerNumber(of: $0) }
            for (namespace, number) in zip(made, numbers) {
                if let number { placed[number] = namespace }
            }
            for (number, namespace) in known.enumerated()
            where namespace.isConfigured && placed[number] == nil {
                placed[number] = namespace.leaving(segment: leavingSegment(of: namespace))
            }
            let movesEntries = old != nil && placed.contains { $0?.isConfigured == false }
            var vacant = placed.indices.filter { placed[$0] == nil }[...]
            var gained = false
            for index in made.indices where numbers[index] == nil {
                gained = true
                if let number = vacant.popFirst() {
                    placed[number] = made[index]
                    numbers[index] = number
                } else {
                    placed.append(made[index])
                    numbers[index] = placed.count - 1
                }
            }
            return (
                placed.map { $0 ?? made[0].vacant }, numbers.compactMap(\.self),
                movesEntries || (old != nil && gained)
            )
        }

        /// The number of the same namespace before, if budget and policy are the same, too.
        private func formerNumber(of namespace: Namespace) -> Int? {
            guard let old else { return nil }
            return old.configured.first { number in
                let former = old.namespaces[number]
                return former.name == namespace.name && former.budget === namespace.budget
                    && old.segments[former.segment].domain === segments[namespace.segment].domain
            }
        }

        private mutating func leavingSegment(of namespace: Namespace) -> Int {
            guard let domain = old?.segments[namespace.segment].domain else { return 0 }
            if let known = segments.firstIndex(where: { $0.domain === domain }) { return known }
            append(domain, namespace.budget)
            return segments.count - 1
        }

        /// A policy goes on as long as its budget does: it keeps its order and what it learned.
        private func domain(of budget: Budget, _ policy: EvictionPolicyName) -> PolicyDomain {
            let known = old?.segments.first { $0.budget === budget && $0.domain.policy == policy }
            let stripes = old?.segments.first?.domain.stripeCount ?? configuration.stripeCount
            return known?.domain ?? PolicyDomain(policy, stripes: stripes)
        }

        private func budget(of given: NamespaceConfiguration) -> Budget {
            let isDefault = given.name == EngineConfiguration.defaultNamespace
            if isDefault || (given.maxBytes == nil && given.maxEntries == nil) { return shared }
            return Self.budget(
                continuing: old?.ownBudget(of: given.name),
                maxBytes: given.maxBytes ?? shared.maxBytes, maxEntries: given.maxEntries)
        }

        private static func budget(
            continuing old: Budget?, maxBytes: Int, maxEntries: Int?
        ) -> Budget {
            guard let old else { return Budget(maxBytes: maxBytes, maxEntries: maxEntries) }
            old.limit(maxBytes: maxBytes, maxEntries: maxEntries)
            return old
        }

        private func ttl(of given: NamespaceConfiguration) -> Duration? {
            switch given.ttl {
            case .inherited: configuration.defaultTTL
            case .never: nil
            case .after(let duration): duration
            }
        }
    }
}
