// Connections to the servers of a configuration, and the calls on them; safe to use from any
// task.

package import NIOCore

/// Calls to servers that may come and go: connects on the first call and again when it must.
package final class ClientChannel: Sendable {
    /// How the channel stands (grpc `doc/connectivity-semantics-and-api.md`).
    package enum State: String, Sendable {
        /// Nothing has been called yet.
        case idle
        /// No server is ready, and at least one is being connected to.
        case connecting
        /// At least one server takes calls.
        case ready
        /// No server could be reached; the channel tries again by itself.
        case transientFailure
        /// Closed.
        case shutdown
    }

    private let picture = Picture()
    private let loop: any EventLoop
    private let servers: NIOLoopBoundBox<ServerSet>

    /// A channel, idle until the first call.
    package init(_ configuration: ClientConfiguration, group: any EventLoopGroup) {
        loop = group.next()
        let set = ServerSet(configuration, group: group, loop: loop, picture: picture)
        servers = .makeBoxSendingValue(set, eventLoop: loop)
    }

    deinit { onLoop { $0.shutDown(nil) } }

    /// How it stands now.
    package var state: State { picture.state }

    /// One message each way. Throws any status but OK.
    ///
    /// A call that no server has processed is tried once more on another connection.
    package func unary(
        _ path: String, _ request: [UInt8], options: CallOptions = .init()
    ) async throws(GRPCStatus) -> [UInt8] {
        let message = FramedMessage(request)
        var attempts = CallAttempts(timeout: options.timeout, now: .now)
        var options = options
        while true {
            let connection = try await connection(&options, attempts)
            let stream = connection.start(path, message, options)
            do throws(GRPCStatus) {
                return try await stream.onlyMessage()
            } catch {
                guard attempts.mayRetry(stream.retrySafety) else { throw error }
                options.timeout = attempts.timeLeft(now: .now)
            }
        }
    }

    /// Opens a call of any kind. Throws UNAVAILABLE where no server can be reached.
    package func stream(
        _ path: String, options: CallOptions = .init()
    ) async throws(GRPCStatus) -> ClientStream {
        var attempts = CallAttempts(timeout: options.timeout, now: .now)
        var options = options
        while true {
            let connection = try await connection(&options, attempts)
            let stream = ClientStream(connection: connection)
            do throws(GRPCStatus) {
                try await connection.open(stream, path, options)
                return stream
            } catch {
                guard attempts.mayRetry(stream.retrySafety) else { throw error }
                options.timeout = attempts.timeLeft(now: .now)
            }
        }
    }

    /// Closes every connection; calls in flight end with UNAVAILABLE.
    package func close() async {
        let done = loop.makePromise(of: Void.self)
        onLoop { $0.shutDown(done) }
        // They are closed either way; how does not matter to anybody.
        _ = try? await done.futureResult.get()
    }

    // MARK: - Connections

    /// The connection of a call. Where it had to be waited for, less time is left.
    private func connection(
        _ options: inout CallOptions, _ attempts: CallAttempts
    ) async throws(GRPCStatus) -> ClientConnection {
        switch picture.pick(waitForReady: options.waitForReady) {
        case .connection(let connection): return connection
        case .failed(let status): throw status
        case .wait:
            let connection = try await wait(options).get()
            options.timeout = attempts.timeLeft(now: .now)
            return connection
        }
    }

    private func wait(_ options: CallOptions) async -> Result<ClientConnection, GRPCStatus> {
        let waiter = PickWaiter(
            promise: loop.makePromise(), waitForReady: options.waitForReady,
            timeout: options.timeout)
        return await withTaskCancellationHandler {
            onLoop { $0.wait(waiter) }
            // A task that was cancelled before has given up what was not there yet.
            if Task.isCancelled { giveUp(waiter) }
            do {
                return .success(try await waiter.promise.futureResult.get())
            } catch let status as GRPCStatus {
                return .failure(status)
            } catch {
                return .failure(GRPCStatus(.internal, "\(error)"))
            }
        } onCancel: {
            giveUp(waiter)
        }
    }

    private func giveUp(_ waiter: PickWaiter) {
        onLoop { $0.giveUp(waiter, .cancelledByCaller) }
    }

    private func onLoop(_ body: @escaping @Sendable (ServerSet) -> Void) {
        let servers = servers
        loop.execute { body(servers.value) }
    }
}
