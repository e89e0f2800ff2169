// Whether the bytes in a channel move on into its socket; event loop only.

/// Follows what was written to a channel and what it still holds, from look to look.
struct SocketBacklog {
    private var written: UInt64 = 0
    private var held = 0
    /// Differs from before wherever the socket took bytes of a backlog.
    private(set) var progress: UInt64 = 0

    /// Whether a look at the channel could show anything but emptiness.
    func mayHold(written: UInt64) -> Bool { held > 0 || written != self.written }

    /// Takes a look: so many bytes were `written` to the channel in all, and `held` of them are
    /// there still. (TLS adds bytes of its own: they only make progress look smaller.)
    mutating func look(written: UInt64, held: Int) {
        let most = UInt64(self.held) + (written - self.written)
        if UInt64(held) < most { progress &+= 1 }
        self.written = written
        self.held = held
    }

    var isEmpty: Bool { held == 0 }
}
