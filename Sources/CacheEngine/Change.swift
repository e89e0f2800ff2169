// Owns what the engine says of a change while it makes it; lives for the length of one call.

/// What happened to a key.
public enum ChangeKind: Hashable, Sendable {
    /// A value was written.
    case set
    /// The entry was removed by a delete.
    case delete
    /// The entry got a new time to live.
    case touch
    /// The entry reached the end of its time to live.
    case expire
    /// The key was invalidated, whether it was there or not.
    case invalidate
}

/// A change about to be made. Its bytes are borrowed: they are valid during the commit only,
/// which is why it cannot be copied.
public struct Change: ~Copyable {
    /// No bytes.
    public static var nothing: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// What happens.
    public let kind: ChangeKind
    /// The key it happens to.
    public let key: UnsafeRawBufferPointer
    /// Who makes the change; empty when unknown.
    public let writer: UnsafeRawBufferPointer
    /// The reason given with an invalidation; empty when none was.
    public let cause: UnsafeRawBufferPointer
}

/// Takes the revision of a change, records the change, and answers the revision: it becomes the
/// entry's version. Called under the lock of the key's stripe, so that changes of one key are
/// recorded in the order in which they happen; it must be quick and must not call the engine.
public typealias Commit = @Sendable (borrowing Change) -> UInt64
