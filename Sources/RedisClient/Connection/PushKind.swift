// The kinds of push that this client has use for; a value.

import NIOCore

/// What the first element of a push says it is.
enum PushKind: String {
    case message
    case smessage
    case pmessage
    case subscribe
    case ssubscribe
    case psubscribe
    case unsubscribe
    case sunsubscribe
    case punsubscribe

    /// The kind that `value` names; nil: another.
    init?(_ value: RESPValue) {
        switch value {
        case .blob(let name), .simpleString(let name): self.init(rawValue: String(buffer: name))
        default: return nil
        }
    }

    var isUnsubscription: Bool {
        switch self {
        case .unsubscribe, .sunsubscribe, .punsubscribe: true
        default: false
        }
    }
}
