// What a server's refusal of the greeting means and what to do about it; pure functions.

/// The commands of the greeting.
enum GreetingStep {
    case hello
    case select
    case readOnly
}

enum GreetingRefusal {
    /// The error for what the server said to a step. Its own words are never shown whole: an old
    /// server repeats the password in them.
    static func error(
        _ refusal: RESPError, _ step: GreetingStep, _ address: RedisAddress,
        _ configuration: RedisConnectionConfiguration
    ) -> RedisError {
        let place = address.place
        let credentials = configuration.credentials
        let user = credentials?.username.map { "the user '\($0)'" } ?? "the default user"
        return switch refusal.code {
        case "NOAUTH":
            RedisError(.accessRefused, "\(place) wants a password: set redis_password")
        case "WRONGPASS" where credentials == nil:
            RedisError(.accessRefused, "\(place) wants a password: set redis_password")
        case "WRONGPASS":
            RedisError(
                .accessRefused,
                "\(place) does not take the password of \(user), or has disabled that user: "
                    + "compare redis_url and redis_password with the server's ACL")
        case "NOPERM":
            RedisError(
                .accessRefused,
                "\(place) does not allow \(user) the command \(name(of: step)): allow it in the "
                    + "server's ACL")
        case "DENIED":
            RedisError(
                .accessRefused,
                "\(place) is in protected mode: give the server a password, or bind it to "
                    + "addresses that only you reach")
        case "LOADING":
            RedisError(.connectFailed, "\(place) is still loading its data into memory")
        case "MASTERDOWN":
            RedisError(.connectFailed, "\(place) is a replica that has lost its master")
        case "NOPROTO": tooOld(place)
        default: unnamed(refusal, step, place, configuration)
        }
    }

    static func tooOld(_ place: String, version: String? = nil) -> RedisError {
        RedisError(
            .accessRefused,
            "\(place) is \(version.map { "Redis \($0)" } ?? "older than Redis 6"): sharded "
                + "channels need Redis 7.0 or later")
    }

    /// A server of another kind than the settings say. Without this a cluster's node would seem to
    /// work as a plain server, and what looks at all keys would see the node's own.
    static func another(_ mode: RedisServerMode, _ place: String) -> RedisError {
        RedisError(.accessRefused, "\(place) \(mode.advice)")
    }

    /// A replica where writes are to go. It may be a master in a moment, or its name lead to one.
    static func replica(_ place: String) -> RedisError {
        RedisError(
            .connectFailed,
            "\(place) is a replica, which takes no writes: name its master in redis_url, or the "
                + "Sentinels that know who that is as redis+sentinel://")
    }

    /// Refusals that have no code of their own, and those nobody knows.
    private static func unnamed(
        _ refusal: RESPError, _ step: GreetingStep, _ place: String,
        _ configuration: RedisConnectionConfiguration
    ) -> RedisError {
        if refusal.message.hasPrefix("max number of clients") {
            return RedisError(
                .connectFailed,
                "\(place) has as many clients as it takes: raise its maxclients, or lower "
                    + "redis_max_connections")
        }
        switch step {
        case .hello where refusal.message.hasPrefix("unknown command"): return tooOld(place)
        case .select:
            return RedisError(
                .accessRefused,
                "\(place) has no database \(configuration.database): name another one in "
                    + "redis_url, none in a cluster")
        case .readOnly where refusal.message.contains("cluster support disabled"):
            return RedisError(.accessRefused, "\(place) is no node of a cluster")
        default:
            let word = refusal.code.prefix(20).prefix { $0.isASCII && $0.isUppercase }
            return RedisError(
                .accessRefused, "\(place) refuses \(name(of: step)) with \(word)")
        }
    }

    private static func name(of step: GreetingStep) -> String {
        switch step {
        case .hello: "HELLO"
        case .select: "SELECT"
        case .readOnly: "READONLY"
        }
    }
}
