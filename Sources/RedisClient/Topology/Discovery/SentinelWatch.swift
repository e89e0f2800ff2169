// Listens to one Sentinel for failovers; the control loop only.

import NIOCore

/// A connection to a Sentinel, made again whenever it ends, that is subscribed to
/// `+switch-master`.
// Used on its event loop only.
final class SentinelWatch: @unchecked Sendable {
    private static let channel = "+switch-master"

    private let address: RedisAddress
    private let masterName: String
    private let configuration: RedisConnectionConfiguration
    private let eventLoop: any EventLoop
    private let switched: @Sendable (RedisAddress) -> Void
    private var connection: RedisConnection?
    private var backOff = BackOff.connecting
    private var timer: Scheduled<Void>?
    private var isEnded = false

    /// - Parameter switched: Takes the Sentinel's address, whenever the master changed and
    ///   whenever changes may have been missed.
    init(
        _ address: RedisAddress, masterName: String,
        _ configuration: RedisConnectionConfiguration, on eventLoop: any EventLoop,
        switched: @escaping @Sendable (RedisAddress) -> Void
    ) {
        self.address = address
        self.masterName = masterName
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.switched = switched
    }

    /// Begins.
    func start() {
        eventLoop.assertInEventLoop()
        RedisConnection.connect(
            to: address, configuration, on: eventLoop,
            pushed: { [weak self] in self?.received($0) },
            closed: { [weak self] _ in self?.again() }
        ).whenComplete { [weak self] result in
            switch result {
            case .success(let connection): self?.connected(connection)
            case .failure: self?.again()
            }
        }
    }

    /// Ends.
    func stop() {
        isEnded = true
        timer?.cancel()
        connection?.close()
    }

    private func connected(_ made: RedisConnection) {
        guard !isEnded else { return made.close() }
        connection = made
        made.subscribe(
            [Self.channel], sharded: false, deadline: .now() + NodeQuery.timeout
        ) { [weak self] result in
            guard let self else { return }
            if case .success(.integer) = result {
                backOff.reset()
                switched(address)
            } else {
                made.close()
            }
        }
    }

    private func received(_ message: [RESPValue]) {
        guard message.count == 3, message[1].replyText == Self.channel,
            let text = message[2].replyText,
            SentinelReplies.newMaster(text, of: masterName) != nil
        else { return }
        switched(address)
    }

    private func again() {
        connection = nil
        guard !isEnded else { return }
        timer = eventLoop.scheduleTask(in: backOff.next(jitter: .random(in: 0..<1))) {
            [weak self] in self?.start()
        }
    }
}
