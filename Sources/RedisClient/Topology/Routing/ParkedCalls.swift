// The calls of one event loop that wait; that loop only.

import NIOCore

/// Calls that wait for a connection, a topology or a time; bounded.
struct ParkedCalls {
    /// The most calls that wait.
    static let maxCount = 4_096
    /// The most bytes of commands that wait.
    static let maxBytes = 64 << 20

    private var calls: [ObjectIdentifier: RoutedCall] = [:]
    private var bytes = 0

    /// Takes a call in; false: there is no room.
    mutating func insert(_ call: RoutedCall) -> Bool {
        let size = call.command.bytes.readableBytes
        guard calls.count < Self.maxCount, bytes + size <= Self.maxBytes else { return false }
        calls[ObjectIdentifier(call)] = call
        bytes += size
        return true
    }

    /// Takes a call out; false: it was not there.
    mutating func remove(_ call: RoutedCall) -> Bool {
        guard calls.removeValue(forKey: ObjectIdentifier(call)) != nil else { return false }
        bytes -= call.command.bytes.readableBytes
        call.timer?.cancel()
        call.timer = nil
        return true
    }

    /// Takes all out, or only those that do not wait for a time.
    mutating func removeAll(alsoTimed: Bool) -> [RoutedCall] {
        let leaving = calls.values.filter { alsoTimed || !$0.waitsForTime }
        return leaving.filter { remove($0) }
    }
}
