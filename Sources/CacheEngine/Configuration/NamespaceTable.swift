// Owns the namespaces of one configuration, ready for look-ups; immutable, any thread.

/// A configuration made ready: which namespace a key has, who shares a budget and a policy.
///
/// A *segment* is the set of namespaces that share a budget and a policy: each stripe has one
/// policy instance for each segment. An entry says by a *number* which namespace it is in, and a
/// namespace keeps its number as long as name, budget and policy stay what they are.
///
/// A change of configuration goes through two tables. The first has, besides what is configured
/// now, the namespaces that are *leaving*: their entries go to others in turns. When they are
/// gone, the second one (``settled``) forgets the leaving; their numbers may be given anew.
final class NamespaceTable: Sendable {
    struct Namespace: Sendable {
        let name: [UInt8]
        /// nil: for good. A `Duration` is 128 bits wide, too slow to add on every set.
        let ttlNanoseconds: Int64?
        let lifetime: LifetimeRules
        let segment: Int
        let budget: Budget
        /// Whether new entries may be in it; else it is leaving, or its number is vacant.
        let isConfigured: Bool
    }

    struct Segment: Sendable {
        let domain: PolicyDomain
        let budget: Budget
        /// Its index in the table before; nil: it is new.
        let former: Int?
    }

    /// By number.
    let namespaces: [Namespace]
    /// The numbers of what is configured, the default's first.
    let configured: [Int]
    let segments: [Segment]
    /// For each segment, those that share its budget, itself included.
    let siblings: [[Int]]
    /// For each number of the table before the one under which its counters go on.
    let heirs: [Int]
    /// Segments that have leaving namespaces only.
    let leavingSegments: [Int]
    /// Whether entries of the table before are to go to other namespaces.
    let movesEntries: Bool
    /// Whether any life is not what its time to live says, and whether that goes by the uses.
    let bendsLives: Bool
    let adaptsToUse: Bool
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
        let made = ([first] + rest).map { builder.add($0) }
        let placed = builder.place(made)
        namespaces = placed.namespaces
        configured = placed.numbers
        heirs = Array(0..<(old?.namespaces.count ?? 0))
        segments = builder.segments
        siblings = Self.siblings(builder.segments)
        leavingSegments = Array(builder.configuredSegments..<builder.segments.count)
        movesEntries = placed.movesEntries
        bendsLives = namespaces.contains { $0.lifetime != LifetimeRules() }
        adaptsToUse = namespaces.contains(where: \.lifetime.adaptsToUse)
        names = NamespaceNames(rest.map(\.name))
    }

    /// The same without what is leaving.
    private init(settling old: NamespaceTable) {
        names = old.names
        configured = old.configured
        let kept = old.segments.indices.filter { !old.leavingSegments.contains($0) }
        segments = kept.map { index in
            let segment = old.segments[index]
            return Segment(domain: segment.domain, budget: segment.budget, former: index)
        }
        siblings = Self.siblings(segments)
        let last = old.configured.max() ?? 0
        let vacant = old.namespaces[old.configured[0]].vacant
        namespaces = old.namespaces[...last].map { $0.isConfigured ? $0 : vacant }
        let numbers = Dictionary(
            uniqueKeysWithValues: old.configured.map { (old.namespaces[$0].name, $0) })
        heirs = old.namespaces.indices.map { number in
            let namespace = old.namespaces[number]
            return namespace.isConfigured
                ? number : numbers[namespace.name] ?? old.configured[0]
        }
        leavingSegments = []
        movesEntries = false
        bendsLives = namespaces.contains { $0.lifetime != LifetimeRules() }
        adaptsToUse = namespaces.contains(where: \.lifetime.adaptsToUse)
    }

    /// The table without what is leaving, for when that has no entries any more.
    var settled: NamespaceTable { NamespaceTable(settling: self) }

    private static func siblings(_ segments: [Segment]) -> [[Int]] {
        segments.map { segment in
            segments.indices.filter { segments[$0].budget === segment.budget }
        }
    }

    /// Each budget once.
    var budgets: [Budget] {
        segments.indices.filter { siblings[$0].first == $0 }.map { segments[$0].budget }
    }

    /// Whether any namespace has a time to live for entries without one.
    var hasTTL: Bool { namespaces.contains { $0.ttlNanoseconds != nil } }

    /// The default namespace.
    var first: Namespace { namespaces[configured[0]] }

    /// The segments that share `budget`; none when it is of another configuration.
    func segments(of budget: Budget) -> [Int] {
        segments.firstIndex { $0.budget === budget }.map { siblings[$0] } ?? []
    }

    /// The number of the namespace of `key`.
    @inline(__always)
    func index(of key: UnsafeRawBufferPointer) -> Int { configured[names.index(of: key)] }

    /// The budget that is `name`'s own, not shared from the default.
    func ownBudget(of name: String) -> Budget? {
        let found = namespaces.first { $0.isConfigured && $0.name.elementsEqual(name.utf8) }
        guard let found, found.budget !== first.budget else { return nil }
        return found.budget
    }
}

extension NamespaceTable.Namespace {
    /// What stands where a number is vacant: nobody has that name.
    var vacant: Self {
        Self(
            name: [], ttlNanoseconds: nil, lifetime: LifetimeRules(), segment: segment,
            budget: budget, isConfigured: false)
    }

    func leaving(segment: Int) -> Self {
        Self(
            name: name, ttlNanoseconds: ttlNanoseconds, lifetime: lifetime, segment: segment,
            budget: budget, isConfigured: false)
    }
}
