// Spans of time between Swift, the contract and JSON; pure functions.

import Messages

extension Duration {
    /// A span of the contract.
    init(_ span: ProtoDuration) {
        self = .seconds(span.seconds) + .nanoseconds(Int64(span.nanos))
    }

    /// The same span in the contract's form, cut off to nanoseconds.
    var message: ProtoDuration {
        let (seconds, attoseconds) = components
        return ProtoDuration(seconds: seconds, nanos: Int32(attoseconds / 1_000_000_000))
    }

    /// Seconds with 0, 3, 6 or 9 decimals and an `s`, as protobuf's JSON writes it.
    package var jsonText: String { "\(message.seconds)\(Decimals.text(message.nanos))s" }
}
