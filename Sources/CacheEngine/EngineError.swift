// Owns what the engine throws; a value.

/// Why the engine could not do what it was asked.
public struct EngineError: Error, Hashable, Sendable {
    /// The kind of trouble.
    public enum Code: Hashable, Sendable {
        /// Too many loads are under way; ask again later.
        case tooManyFlights
    }

    /// The kind of trouble.
    public var code: Code
    /// A sentence for people.
    public var message: String
}
