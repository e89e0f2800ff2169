// What writing and removing give; values.

import Messages

/// The outcome of a write.
public enum SetOutcome: Sendable, Hashable {
    /// It was stored, with a new version and until then; nil: for ever. Version 0: not known yet,
    /// because the server writes to the shared level later (`l2_writes: async`).
    case stored(version: UInt64, expiresAt: CacheInstant?)
    /// It was not stored, for this reason; `version` is what the key has, nil when it does not
    /// exist or does not matter.
    case notStored(NotStored, version: UInt64?)

    /// Why an entry was not stored.
    public enum NotStored: Sendable, Hashable {
        /// It was to be new, and the key exists.
        case exists
        /// It was to replace an entry, and there is none.
        case absent
        /// It was to replace another version.
        case versionMismatch
        /// The namespace never evicts and is full, or the entry alone is larger than its budget.
        case noRoom
        /// The shared level did not take it, and the namespace goes on without.
        case l2Unavailable
        /// A reason that this version of the library does not know.
        case unknown
    }

    /// Whether it was stored.
    public var isStored: Bool {
        if case .stored = self { true } else { false }
    }
}

extension SetOutcome {
    init(_ response: SetResponse) {
        if response.stored {
            self = .stored(version: response.version, expiresAt: .init(response.expiresAt))
            return
        }
        let reason: NotStored =
            switch response.reason {
            case .exists: .exists
            case .absent: .absent
            case .versionMismatch: .versionMismatch
            case .noRoom: .noRoom
            case .l2Unavailable: .l2Unavailable
            default: .unknown
            }
        self = .notStored(
            reason, version: response.currentVersion == 0 ? nil : response.currentVersion)
    }
}

/// The outcome of a removal.
public struct DeleteOutcome: Sendable, Hashable {
    /// Whether there was an entry before the call; where the server writes to the shared level
    /// later, whether its memory had one.
    public var existed: Bool
    /// Whether it was removed: not when it did not exist or has another version.
    public var isDeleted: Bool
    /// The version of the removal. A key that did not exist gets one too, for watchers may hold
    /// what the cache has evicted; nil when the entry has another version, and where it is not
    /// known yet because the server writes to the shared level later.
    public var version: UInt64?
    /// The version the entry has, where it is another one than was named.
    public var currentVersion: UInt64?
}

extension DeleteOutcome {
    init(_ response: DeleteResponse) {
        existed = response.existed
        isDeleted = response.deleted
        version = response.version == 0 ? nil : response.version
        currentVersion = response.currentVersion == 0 ? nil : response.currentVersion
    }
}

/// The outcome of an invalidation.
public struct InvalidateOutcome: Sendable, Hashable {
    /// How many entries were removed.
    public var invalidated: Int64
    /// Whether every entry that was selected is gone; else repeat it.
    public var isComplete: Bool
    /// A position right after the invalidation, for a watch that is to go on from there.
    public var position: Invalidations.Position
}

extension InvalidateOutcome {
    init(_ response: InvalidateResponse) {
        invalidated = response.invalidated
        isComplete = response.success
        position = .init(bytes: response.revisionToken.array)
    }
}

extension CacheClient {
    /// Whether a service is being served.
    public enum Health: Sendable, Hashable {
        /// It takes calls.
        case serving
        /// It does not, because it starts or goes away.
        case notServing
        /// The server does not know, or says something that this version of the library does not.
        case unknown

        init(_ status: ServingStatus) {
            self =
                switch status {
                case .serving: .serving
                case .notServing: .notServing
                default: .unknown
                }
        }
    }
}
