// Owns the namespaces of one configuration, ready for look-ups; immutable, any thread.

/// A configuration made ready: which namespace a key has, who shares a budget and a policy.
///
/// A *segment* is the set of namespaces that share a budget and a policy: each stripe has one
/// policy instance for each segment.
final class NamespaceTable: Sendable {
    struct Namespace: Sendable {
        let name: [UInt8]
        /// nil: for good. A `Duration` is 128 bits wide, too slow to add on every set.
        let ttlNanoseconds: Int64?
        let segment: Int
        let budget: Budget
    }

    struct Segment: Sendable {
        let domain: PolicyDomain
        let budget: Budget
    }

    /// The default comes first.
    let namespaces: [Namespace]
    let segments: [Segment]
    /// For each segment, those that share its budget, itself included.
    let siblings: [[Int]]
    private let names: NamespaceNames

    /// A budget goes on in the namespace of its name, with new limits: so the entries that stay
    /// where they are stay inside one budget while a reconfiguration is under way.
    init(_ configuration: EngineConfiguration, continuing old: NamespaceTable? = nil) {
        let given = configuration.namespaces
        precondition(given.count <= EngineConfiguration.maxNamespaces, "too many namespaces")
        precondition(Set(given.map(\.name)).count == given.count, "a namespace is named twice")
        let name = EngineConfiguration.defaultNamespace
        var first =
            given.first { $0.name == name }
            ?? NamespaceConfiguration(name: name, eviction: configuration.eviction)
        first.maxBytes = first.maxBytes ?? configuration.maxBytes
        first.maxEntries = first.maxEntries ?? configuration.maxEntries
        var builder = Builder(configuration: configuration, shared: first, old: old)
        let rest = given.filter { $0.name != name }
        namespaces = ([first] + rest).map { builder.add($0) }
        segments = builder.segments
        siblings = builder.segments.map { segment in
            builder.segments.indices.filter { builder.segments[$0].budget === segment.budget }
        }
        names = NamespaceNames(rest.map(\.name))
    }

    /// Each budget once.
    var budgets: [Budget] {
        segments.indices.filter { siblings[$0].first == $0 }.map { segments[$0].budget }
    }

    /// Whether any namespace has a time to live for entries without one.
    var hasTTL: Bool { namespaces.contains { $0.ttlNanoseconds != nil } }

    /// The segments that share `budget`; none when it is of another configuration.
    func segments(of budget: Budget) -> [Int] {
        segments.firstIndex { $0.budget === budget }.map { siblings[$0] } ?? []
    }

    /// The index of the namespace of `key`.
    @inline(__always)
    func index(of key: UnsafeRawBufferPointer) -> Int { names.index(of: key) }

    /// The budget that is `name`'s own, not shared from the default.
    private func ownBudget(of name: String) -> Budget? {
        let found = namespaces.first { $0.name.elementsEqual(name.utf8) }
        guard let found, found.budget !== namespaces[0].budget else { return nil }
        return found.budget
    }

    private struct Builder {
        let configuration: EngineConfiguration
        let shared: Budget
        let old: NamespaceTable?
        var segments: [Segment] = []

        init(
            configuration: EngineConfiguration, shared: NamespaceConfiguration,
            old: NamespaceTable?
        ) {
            self.configuration = configuration
            self.old = old
            self.shared = Self.budget(
                continuing: old?.namespaces[0].budget,
                maxBytes: shared.maxBytes ?? configuration.maxBytes, maxEntries: shared.maxEntries)
        }

        mutating func add(_ given: NamespaceConfiguration) -> Namespace {
            let budget = self.budget(of: given)
            let segment = segments.firstIndex {
                $0.budget === budget && $0.domain.policy == given.eviction
            }
            if segment == nil {
                let domain = domain(of: budget, given.eviction)
                segments.append(Segment(domain: domain, budget: budget))
            }
            return Namespace(
                name: Array(given.name.utf8), ttlNanoseconds: ttl(of: given)?.saturatedNanoseconds,
                segment: segment ?? segments.count - 1, budget: budget)
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
