// The calls that most programs need, with keys that are strings and bytes that are copied; any
// thread.

extension CacheEngine {
    /// A copy of the value of `key`; nil when there is none. Counted as `get` counts.
    public func value(of key: String, now: Timestamp) -> [UInt8]? {
        withBytes(of: key) { withEntry($0, now: now) { Array($0.value) } }
    }

    /// Stores a copy of `value`; otherwise as `set` with a draft.
    public func set(
        _ key: String, _ value: [UInt8], ttl: TimeToLive = .inherited,
        condition: SetCondition = .none, now: Timestamp
    ) -> SetOutcome {
        withBytes(of: key) { key in
            value.withUnsafeBytes { value in
                set(
                    EntryDraft(key: key, value: value, ttl: ttl), condition: condition, now: now)
            }
        }
    }

    /// Removes the entry of `key`; otherwise as `delete` with bytes.
    public func delete(_ key: String, ifVersion: UInt64? = nil, now: Timestamp) -> DeleteOutcome {
        withBytes(of: key) { delete($0, ifVersion: ifVersion, now: now) }
    }

    private func withBytes<Result>(
        of key: String, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        var key = key
        return key.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
