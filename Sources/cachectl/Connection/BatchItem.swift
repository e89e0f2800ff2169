// One item of a batch's answer; a value.

import GRPC
import Messages

/// What a batch answered for one key.
enum BatchItem<Value: Answer>: Sendable {
    case answer(Value)
    case failure(CommandFailure)

    /// Reads a status of a batch: nil when the item has its answer.
    static func refusal(_ status: ItemStatus?, key: String) -> CommandFailure? {
        guard let status, status.code != 0 else { return nil }
        let code = StatusCode(rawValue: Int(status.code)) ?? .unknown
        return CommandFailure(
            exit: code == .unavailable ? .unreachable : .refused, code: code.name,
            message: "\(key): \(status.message.string)",
            reason: status.reason.isEmpty ? nil : status.reason.string)
    }
}
