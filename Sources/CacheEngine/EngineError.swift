// Owns what the engine throws; a value.

/// Why the engine could not do what it was asked.
package struct EngineError: Error, Hashable, Sendable {
    /// The kind of trouble.
    package enum Code: Hashable, Sendable {
        /// Too many loads are under way; ask again later.
        case tooManyFlights
    }

    /// The kind of trouble.
    package var code: Code
    /// A sentence for people.
    package var message: String
}
