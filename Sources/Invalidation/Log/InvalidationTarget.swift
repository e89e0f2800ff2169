// What a change names and what happened to it; plain values, any thread.

/// What a change names. The bytes are borrowed: from the caller of `InvalidationLog.append`, or
/// from the event, which the reader keeps alive while it looks at them.
package enum InvalidationTarget {
    /// One key.
    case key(UnsafeRawBufferPointer)
    /// Every key that matches.
    case pattern(Glob)
    /// Every entry with this tag.
    case tag(UnsafeRawBufferPointer)
    /// Every key there is.
    case everything
}

/// What happened to what a change names.
package enum InvalidationKind: UInt8, Sendable {
    /// A value was written.
    case set = 1
    /// An entry was deleted.
    case delete = 2
    /// An entry got a new time to live.
    case touch = 3
    /// An entry reached the end of its time to live.
    case expire = 4
    /// An entry, or whatever the target names, was invalidated.
    case invalidate = 5
}
