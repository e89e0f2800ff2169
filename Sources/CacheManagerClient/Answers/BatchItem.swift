// One item of a batch's answer; a value.

/// What a batch answered for one key.
public struct BatchItem<Outcome: Sendable>: Sendable {
    /// The key.
    public var key: String
    /// Its outcome, or why this key was refused.
    public var result: Result<Outcome, CacheError>

    init(key: String, result: Result<Outcome, CacheError>) {
        self.key = key
        self.result = result
    }

    /// Its outcome. Throws why this key was refused.
    public func get() throws(CacheError) -> Outcome { try result.get() }
}

extension BatchItem: Equatable where Outcome: Equatable {}
