// Which channels of a SUBSCRIBE or UNSUBSCRIBE have been confirmed; one event loop.

import NIOCore

/// The confirmations that one command gets, a push for each channel in the command's order.
final class ChannelConfirmations {
    private let kind: PushKind
    private let channels: [ByteBuffer]
    private var confirmed = 0

    init(_ kind: PushKind, _ channels: [String]) {
        self.kind = kind
        self.channels = channels.map { ByteBuffer(string: $0) }
    }

    var count: Int { channels.count }
    var isComplete: Bool { confirmed == channels.count }
    /// A command is refused as a whole or not at all.
    var canBeRefused: Bool { confirmed == 0 }

    /// Counts a push if it is the next confirmation; false: it is something else.
    func confirm(_ kind: PushKind, _ elements: [RESPValue]) -> Bool {
        guard kind == self.kind, elements.count > 1, confirmed < channels.count,
            case .blob(let channel) = elements[1], channel == channels[confirmed]
        else { return false }
        confirmed += 1
        return true
    }
}
