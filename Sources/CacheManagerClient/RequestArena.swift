// The memory of one request while it is built; one task.

import Messages

/// Copies what a caller gave, and notices what the contract's strings cannot carry.
final class RequestArena {
    let arena = MessageArena()
    /// Whether any text holds a NUL, at which a C string would end.
    private(set) var holdsNUL = false

    func copy(_ text: String) -> ByteView {
        if text.utf8.contains(0) { holdsNUL = true }
        return arena.copy(text)
    }

    func copy(_ bytes: [UInt8]) -> ByteView { arena.copy(bytes) }
}
