// What a watch is and what it says; values.

/// The changes of some keys, from ``CacheClient/watch(_:from:heartbeat:skippingOrigin:)``. Each
/// iteration is a stream of its own, which begins where the watch began.
public struct Invalidations: AsyncSequence, Sendable {
    let client: CacheClient
    let patterns: [String]
    let start: Position?
    let heartbeat: Duration
    let skippedOrigin: String

    /// A place in the stream of changes; what a program keeps, on disk if it wants, to go on there.
    public struct Position: Sendable, Hashable {
        /// The place, as bytes that only the server understands.
        public var bytes: [UInt8]

        /// A place from its bytes.
        public init(bytes: [UInt8]) { self.bytes = bytes }
    }

    /// One thing that the stream says.
    public struct Event: Sendable, Hashable {
        /// What an event says.
        public enum Content: Sendable, Hashable {
            /// Something changed: drop (or read again) what it names.
            case change(Change)
            /// Changes were lost: drop everything you hold of the watched keys. The stream goes on
            /// from here.
            case reset(ResetReason)
            /// What happens to the stream itself; there is nothing that must be done.
            case state(State)
        }

        /// What it says.
        public var content: Content
        /// The place right after it; nil where the next event must be seen first. A program that
        /// keeps the last one it saw loses nothing.
        public var position: Position?
    }

    /// What happens to the stream itself.
    public enum State: Sendable, Hashable {
        /// The stream is live: whatever changes from now on will come. `resumed` tells that it
        /// went on where it was, with nothing lost: what came in between was told before this.
        case live(resumed: Bool)
        /// Nothing happened for a heartbeat; the position has moved on.
        case idle
        /// The server goes away; the stream goes on with another one, or with it once it is back.
        case draining
        /// The connection is gone, or did not come about; the stream goes on when there is one.
        case lost(CacheError)
    }

    /// Why changes were lost.
    public enum ResetReason: Sendable, Hashable {
        /// The history no longer holds what came in between.
        case historyLost
        /// The cache was restarted or replaced.
        case epochChanged
        /// The events came faster than they were read.
        case slowConsumer
        /// A reason that this version of the library does not know.
        case unknown
    }

    /// One change.
    public struct Change: Sendable, Hashable {
        /// What a change names.
        public enum Target: Sendable, Hashable {
            /// One key.
            case key(String)
            /// Every key that matches this glob.
            case pattern(String)
            /// Every entry that has this tag. It comes to every watcher, for a tag does not tell
            /// the keys.
            case tag(String)
            /// Every key there is.
            case everything
            /// Something that this version of the library does not know: take it as everything.
            case unknown
        }

        /// What happened.
        public enum Kind: String, Sendable, Hashable {
            /// A value was written.
            case set
            /// The entry was removed.
            case delete
            /// The entry got a new time to live; its value is the same.
            case touch
            /// The entry reached the end of its time to live.
            case expire
            /// The entry, or many, were invalidated.
            case invalidate
            /// Something that this version of the library does not know.
            case unknown
        }

        /// What it names.
        public var target: Target
        /// What happened.
        public var kind: Kind
        /// The version of the change, which the entry has from now on.
        public var version: UInt64
        /// Who made it; nil where that was not said.
        public var originID: String?
        /// The reason given to an invalidation; nil where there is none.
        public var cause: String?
    }

    /// Starts a stream.
    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    /// Reads one event after the other, connecting again whenever it must. Leaving it ends the
    /// stream.
    public struct Iterator: AsyncIteratorProtocol {
        private let follower: InvalidationFollower

        fileprivate init(_ watch: Invalidations) { follower = InvalidationFollower(watch) }

        /// The next event, however long it takes; nil once the task is cancelled or the client is
        /// closed. Throws what another attempt cannot mend.
        public mutating func next() async throws(CacheError) -> Event? {
            try await next(isolation: #isolation)
        }

        /// The next event, however long it takes; nil once the task is cancelled or the client is
        /// closed. Throws what another attempt cannot mend.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(CacheError) -> Event? {
            try await follower.next(isolation: actor)
        }
    }
}
