// Owns how a namespace bends the times to live of its entries; pure functions.

/// What becomes of a time to live before it is used.
public struct LifetimeRules: Hashable, Sendable {
    /// The largest jitter.
    public static let maxJitter = 0.5

    /// Up to this part of every time to live is taken off by chance, so that entries that are
    /// written together do not expire together; 0: nothing, at most 0.5.
    public var jitter: Double
    /// Whether the namespace's own time to live grows and shrinks with how often the key was used
    /// since it was last written. What a caller gives is kept to.
    public var adaptsToUse: Bool

    /// Rules; by default every time to live is what it is.
    public init(jitter: Double = 0, adaptsToUse: Bool = false) {
        self.jitter = jitter
        self.adaptsToUse = adaptsToUse
    }

    /// By what the namespace's time to live is multiplied: ½ for an entry that nobody used since it
    /// was written, and twice as much for each fourfold of uses, up to 4. Nothing known (nil) is 1.
    static func factor(uses: Int?) -> Double {
        switch uses {
        case nil: 1
        case 0?: 0.5
        case (1..<4)?: 1
        case (4..<UseCounts.most)?: 2
        default: 4
        }
    }

    /// What is left of one after the jitter.
    func rest(_ chance: Chance) -> Double {
        1 - min(max(jitter, 0), Self.maxJitter) * chance.fraction
    }
}

/// When an entry ends.
package struct Life: Hashable, Sendable {
    /// For good; `Timestamp.never` where it does not.
    package var expiresAt: Timestamp
    /// From then on its value is stale; `Timestamp.never`: it never is.
    package var softExpiresAt: Timestamp

    /// A life as it is.
    package init(expiresAt: Timestamp, softExpiresAt: Timestamp = .never) {
        self.expiresAt = expiresAt
        self.softExpiresAt = softExpiresAt
    }

    /// A life by the rules of its namespace.
    ///
    /// - Parameters:
    ///   - ttl: What the caller asked for.
    ///   - standard: The namespace's time to live in nanoseconds; nil: for good.
    ///   - softNanoseconds: After how long the value is stale; the largest number: never.
    ///   - uses: How often the key was used; nil: not known, or it does not matter.
    ///   - chance: Decides the jitter.
    init(
        _ ttl: TimeToLive, standard: Int64?, softNanoseconds: Int64 = .max,
        rules: LifetimeRules, uses: Int?, now: Timestamp, chance: @autoclosure () -> Chance
    ) {
        let rest = rules.jitter > 0 ? rules.rest(chance()) : 1
        expiresAt =
            switch ttl {
            case .inherited:
                standard.map { now.end(of: $0, rest * LifetimeRules.factor(uses: uses)) } ?? .never
            case .never: .never
            case .after(let duration): now.end(of: duration.saturatedNanoseconds, rest)
            }
        softExpiresAt = softNanoseconds == .max ? .never : now.end(of: softNanoseconds, rest)
    }
}

extension Timestamp {
    /// The end of a span that is multiplied: without a factor exactly, with one as exactly as a
    /// Double tells it, and never less than a millisecond that was asked for.
    fileprivate func end(of nanoseconds: Int64, _ factor: Double) -> Timestamp {
        guard factor != 1 else { return advanced(byNanoseconds: nanoseconds) }
        let bent = Double(nanoseconds) * factor
        guard bent < 0x1p62 else { return .never }
        return advanced(byNanoseconds: max(min(nanoseconds, 1_000_000), Int64(bent)))
    }
}
