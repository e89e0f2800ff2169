// Owns what can be said about the engine; a value, validated by whoever reads the settings.

/// What is configured for the engine.
public struct EngineConfiguration: Hashable, Sendable {
    /// The namespace of every key whose prefix is not configured.
    public static let defaultNamespace = "default"
    /// The most namespaces besides the default.
    public static let maxNamespaces = 1_024
    /// The most bytes of all budgets together, 32 GiB: half of what blocks of small entries can
    /// have, for they are never all full.
    public static let mostBytes = 32 << 30
    /// The most stripes.
    public static let maxStripes = 4_096

    /// The default's budget in bytes, overhead included.
    public var maxBytes: Int
    /// The default's budget in entries; nil: none.
    public var maxEntries: Int?
    /// How long entries live where neither call nor namespace says; nil: for good.
    public var defaultTTL: Duration?
    /// How the default makes room.
    public var eviction: EvictionPolicyName
    /// The configured namespaces; names are unique. One called `default` configures the default:
    /// its budgets and eviction stand before the ones above.
    public var namespaces: [NamespaceConfiguration]
    /// How many locks the table is cut into, rounded up to a power of two. Fixed when the engine
    /// is made: `reconfigure` keeps what there is.
    public var stripes: Int

    /// A configuration; 64 stripes keep dozens of threads apart and cost 50 KiB.
    public init(
        maxBytes: Int, maxEntries: Int? = nil, defaultTTL: Duration? = nil,
        eviction: EvictionPolicyName = .standard, namespaces: [NamespaceConfiguration] = [],
        stripes: Int = 64
    ) {
        self.maxBytes = maxBytes
        self.maxEntries = maxEntries
        self.defaultTTL = defaultTTL
        self.eviction = eviction
        self.namespaces = namespaces
        self.stripes = stripes
    }

    var stripeCount: Int {
        let wanted = min(max(stripes, 1), Self.maxStripes)
        return wanted == 1 ? 1 : 1 << (Int.bitWidth - (wanted - 1).leadingZeroBitCount)
    }
}
