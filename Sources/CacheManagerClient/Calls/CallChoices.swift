// What a caller may say about a read or a write; values.

import Messages

extension CacheClient {
    /// Which levels of the cache a read may use.
    public enum ReadMode: Sendable, Hashable {
        /// Every level, and the origin where the namespace has one.
        case any
        /// Not the instance's own memory when a shared level lies behind it.
        case skipL1
        /// Only what is cached: never calls the origin.
        case cachedOnly

        var message: Messages.ReadMode {
            switch self {
            case .any: .unspecified
            case .skipL1: .skipL1
            case .cachedOnly: .cachedOnly
            }
        }
    }
}

/// How long an entry lives.
public enum TimeToLive: Sendable, Hashable {
    /// As its namespace says.
    case standard
    /// So long: more than zero, at most ten years.
    case after(Duration)
    /// Until it is deleted or evicted.
    case never

    /// So many seconds.
    public static func seconds(_ seconds: some BinaryInteger) -> TimeToLive {
        .after(.seconds(seconds))
    }

    /// So many milliseconds.
    public static func milliseconds(_ milliseconds: some BinaryInteger) -> TimeToLive {
        .after(.milliseconds(milliseconds))
    }

    var message: ProtoDuration? {
        if case .after(let span) = self { span.message } else { nil }
    }
}

extension CacheClient {
    /// What must hold for a write.
    public enum Condition: Sendable, Hashable {
        /// Nothing.
        case always
        /// The key must not exist.
        case absent
        /// The key must exist.
        case present
        /// The entry must have this version, at least 1.
        case version(UInt64)

        var message: SetRequest.Condition {
            switch self {
            case .always: .none
            case .absent: .ifAbsent(true)
            case .present: .ifPresent(true)
            case .version(let version): .ifVersion(version)
            }
        }
    }
}
