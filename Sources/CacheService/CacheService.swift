// The use cases of the cache behind the service `cachemanager.v1.Cache`; any thread.

package import CacheEngine
package import GRPC
package import Invalidation
import Messages
import NIOCore

/// What a call does, between the wire and the rooms below.
package final class CacheService: Sendable {
    /// The service's full name.
    package static let name = "cachemanager.v1.Cache"

    /// Says who the instance is, for Stats.
    package struct Identity: Sendable {
        /// The version of the program.
        package var version: String
        /// `embedded` when it runs alone.
        package var mode: String

        /// An identity.
        package init(version: String, mode: String) {
            self.version = version
            self.mode = mode
        }
    }

    let engine: CacheEngine
    let log: InvalidationLog
    let limits: ServiceLimits
    let clock: ServiceClock
    let identity: Identity
    let startedAt: Timestamp
    let latencies = LatencyHistograms()
    let compressionCounters = CompressionCounters()
    /// As they were at the start: the loops have those in force.
    private let compression: CompressionRules
    private let walks: KeyspaceWalks
    let loops: LoopTable
    /// The level behind the engine; nil: it runs alone, and its memory is the store.
    let shared: SharedLevel?

    /// A service over an engine whose changes are committed to the log: see `commit`. `loops` is
    /// how many event loops will serve it. With a shared level the log follows that, and the
    /// engine's own changes are not committed: see `ignoredCommit`.
    package init(
        engine: CacheEngine, log: InvalidationLog, limits: ServiceLimits, clock: ServiceClock,
        identity: Identity, loops: Int, compression: CompressionRules = CompressionRules(),
        shared: SharedLevel? = nil
    ) {
        self.engine = engine
        self.log = log
        self.limits = limits
        self.clock = clock
        self.identity = identity
        self.compression = compression
        startedAt = clock.now()
        self.loops = LoopTable(count: loops)
        self.shared = shared
        walks = shared?.applier.walks ?? KeyspaceWalks()
    }

    /// The commit of an engine in front of a shared level: all that it changes by itself is that
    /// it forgets what it has held for long enough, and that concerns nobody.
    package static let ignoredCommit: Commit = { _ in 0 }

    /// Takes the revision of an engine's change and appends its event. The engine calls it
    /// under the lock of the key, so that the log has a key's changes in their order.
    package static func commit(to log: InvalidationLog) -> Commit {
        { change in
            let kind: InvalidationKind =
                switch change.kind {
                case .set: .set
                case .delete: .delete
                case .touch: .touch
                case .expire: .expire
                case .invalidate: .invalidate
                }
            return log.append(
                .key(change.key), kind: kind, writer: change.writer, cause: change.cause)
        }
    }

    /// Makes the state of one event loop; called on it, before its first connection.
    package func prepare(_ loop: ServerLoop) {
        let reads = ReadObserver(engine: engine, seed: .random(in: 1 ... .max))
        loops.prepare(
            loop, log: log, reads: reads, latencies: latencies, compression: compression)
    }

    /// Removes some of the entries whose time is up. True: more are due at once.
    package func sweep(maxRemovals: Int) -> Bool {
        engine.sweep(now: clock.now(), maxRemovals: maxRemovals).isCutShort
    }

    /// The gRPC service. `shared` is asked for the open connections when somebody wants Stats.
    package func makeService() -> Service {
        Service(
            Self.name,
            methods: [
                unary("Get", .get), unary("Set", .set), unary("Delete", .delete),
                unary("Exists", .exists), unary("Touch", .touch), unary("GetMulti", .getMulti),
                unary("SetMulti", .setMulti), unary("DeleteMulti", .deleteMulti),
                unary("Keys", .keys), unary("Invalidate", .invalidate), unary("Stats", .stats),
                Method(
                    "StreamInvalidations",
                    .stream(clientStreaming: false) { [self] call in
                        WatchStream(call, state: loops[call.loop], limits: limits)
                    }),
            ])
    }

    /// One call as a use case sees it.
    struct Turn: ~Copyable {
        let request: UnaryRequest
        let reply: UnaryReply
        /// What its event loop keeps: looked up once, for each look costs a reference.
        let state: LoopState
        let now: Timestamp
        /// When it began, if it is one of those that are timed.
        let timedFrom: NIODeadline?

        var arena: MessageArena { state.turnArena }

        /// Writes the answer.
        func answer(_ message: some WireMessage) -> UnaryOutcome {
            // Not `reply.reserve`: that would be a closure on the heap for each call.
            message.encode(in: arena) { reply.reserve($0) }
            return .replied
        }
    }

    /// The use case of an operation; a switch, since a reference to a method would be a closure
    /// on the heap for each call.
    private func perform(
        _ operation: Operation, _ turn: borrowing Turn
    ) throws(GRPCStatus) -> UnaryOutcome {
        switch operation {
        case .get: try get(turn)
        case .set: try set(turn)
        case .delete: try delete(turn)
        case .exists: try exists(turn)
        case .touch: try touch(turn)
        case .getMulti: try getMulti(turn)
        case .setMulti: try setMulti(turn)
        case .deleteMulti: try deleteMulti(turn)
        case .keys: try keys(turn)
        case .invalidate: try invalidate(turn)
        case .stats: try stats(turn)
        }
    }

    /// Wraps a use case: its memory, its failures, its timing.
    private func unary(_ name: String, _ operation: Operation) -> Method {
        Method(
            name,
            .unary { [self] request, reply in
                let state = loops[request.loop]
                let isTimed = state.isSampled(operation)
                let start = isTimed ? NIODeadline.now() : request.now
                let now = clock.timestamp(request.now)
                let turn = Turn(
                    request: request, reply: reply, state: state, now: now,
                    timedFrom: isTimed ? start : nil)
                let outcome = outcome(of: operation, turn)
                turn.arena.reset()
                guard isTimed else { return outcome }
                switch outcome {
                case .pending(let rest):
                    return .pending { () async throws(GRPCStatus) in
                        defer { state.record(operation, since: start) }
                        return try await rest()
                    }
                case .deferred: break  // whoever answers it records it
                case .replied, .failed: state.record(operation, since: start)
                }
                return outcome
            })
    }

    private func outcome(of operation: Operation, _ turn: borrowing Turn) -> UnaryOutcome {
        do throws(GRPCStatus) {
            return try perform(operation, turn)
        } catch {
            return .failed(error)
        }
    }

    /// Runs a walk over the keys away from the event loops.
    func walk<Result: Sendable>(
        _ work: @escaping @Sendable () -> Result
    ) async throws(GRPCStatus) -> Result {
        do {
            return try await withTaskExecutorPreference(globalConcurrentExecutor) {
                try await self.walks.run(work)
            }
        } catch {
            throw GRPCStatus(.cancelled, "the caller went away before the call began")
        }
    }

    /// Reads a request.
    func decode<Message: WireMessage>(
        _ type: Message.Type, _ turn: borrowing Turn
    ) throws(GRPCStatus) -> Message {
        do throws(MessageError) {
            return try Message.decode(turn.request.message, in: turn.arena)
        } catch {
            throw GRPCStatus(error)
        }
    }

    /// The name that the caller gave itself, for the events of its writes; empty: none.
    func writer(_ turn: borrowing Turn) throws(GRPCStatus) -> [UInt8] {
        guard let name = turn.request.metadata("x-cache-origin-id") else { return [] }
        guard !name.isEmpty, name.count <= ServiceLimits.originBytes,
            name.allSatisfy({ $0 >= 0x20 && $0 <= 0x7E })
        else {
            throw .refused(
                reason: "INVALID_ORIGIN_ID", field: "x-cache-origin-id",
                "must be 1 to \(ServiceLimits.originBytes) printable ASCII characters")
        }
        return name
    }
}
