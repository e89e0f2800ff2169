// The servers of a channel: their addresses, a subchannel for each, and the calls that wait for
// them; the channel's loop only.

import NIOCore

/// Draws the picture that callers pick their connections from.
final class ServerSet {
    /// Addresses of all targets together; what is beyond is not connected to.
    static let maxAddresses = 256

    private let configuration: ClientConfiguration
    private let group: any EventLoopGroup
    let loop: any EventLoop
    let picture: Picture
    var waiting: [ObjectIdentifier: WaitingPick] = [:]
    var waitingCount: UInt64 = 0
    private var keepalive: KeepalivePolicy?
    private var lookups: [ServerLookup] = []
    private var subchannels: [SocketAddress: Subchannel] = [:]
    private var order: [SocketAddress] = []
    /// Subchannels of addresses that are gone: their calls go on.
    private var retired: [Subchannel] = []
    private var lastFailure = GRPCStatus(.unavailable, "there is no server to call")
    private var isAwake = false
    private var isShutDown = false

    init(
        _ configuration: ClientConfiguration, group: any EventLoopGroup, loop: any EventLoop,
        picture: Picture
    ) {
        self.configuration = configuration
        self.group = group
        self.loop = loop
        self.picture = picture
        keepalive = configuration.keepalive
    }

    /// Leaves idleness: resolves and connects.
    func wake() {
        guard !isAwake, !isShutDown else { return }
        isAwake = true
        let bound = NIOLoopBound(self, eventLoop: loop)
        lookups = distinctTargets.map { target in
            ServerLookup(target, backoff: configuration.backoff, loop: loop) {
                bound.value.resolved()
            }
        }
        for lookup in lookups { lookup.request() }
        update()
    }

    /// Closes all connections; `done` hears when they are.
    func shutDown(_ done: EventLoopPromise<Void>?) {
        isShutDown = true
        for lookup in lookups { lookup.stop() }
        let closing = (retired + subchannels.values).flatMap { $0.close() }
        retired = []
        subchannels = [:]
        order = []
        lookups = []
        update()
        EventLoopFuture.andAllComplete(closing, on: loop).cascade(to: done)
    }

    private var distinctTargets: [ClientTarget] {
        var seen: Set<ClientTarget> = []
        return configuration.targets.filter { seen.insert($0).inserted }
    }

    // MARK: - What happens

    private func resolved() {
        guard !isShutDown else { return }
        var found: [(address: SocketAddress, target: ClientTarget)] = []
        var seen: Set<SocketAddress> = []
        for lookup in lookups {
            for address in lookup.addresses where seen.count < Self.maxAddresses {
                if seen.insert(address).inserted { found.append((address, lookup.target)) }
            }
            if let failure = lookup.failure { lastFailure = failure }
        }
        for (address, subchannel) in subchannels where !seen.contains(address) {
            subchannel.retire()
            retired.append(subchannel)
            subchannels[address] = nil
        }
        order = found.map(\.address)
        for (address, target) in found where subchannels[address] == nil {
            let subchannel = makeSubchannel(address, target)
            subchannels[address] = subchannel
            subchannel.connect()
        }
        update()
    }

    private func makeSubchannel(_ address: SocketAddress, _ target: ClientTarget) -> Subchannel {
        var setup = ConnectionSetup(authority: authority(of: target))
        setup.messageBytes = configuration.messageBytes
        setup.keepalive = keepalive
        setup.tls = configuration.tls.map { ($0, configuration.serverName ?? target.host) }
        let bound = NIOLoopBound(self, eventLoop: loop)
        return Subchannel(
            Subchannel.Setup(
                address: address, target: target, connection: setup,
                backoff: configuration.backoff, connectTimeout: configuration.connectTimeout,
                group: group, loop: loop)
        ) { bound.value.heard($0, from: address) }
    }

    private func authority(of target: ClientTarget) -> String {
        guard let name = configuration.serverName else { return target.authority }
        return ClientTarget(host: name, port: target.port).authority
    }

    private func heard(_ event: Subchannel.Event, from address: SocketAddress) {
        guard !isShutDown else { return }
        switch event {
        case .stateChanged: break
        case .connectionLost:
            if let subchannel = subchannels[address], subchannel.isFailing {
                lastFailure = subchannel.failure
            }
            for lookup in lookups { lookup.request() }
        case .tooManyPings:
            keepalive?.slowDown()
            for subchannel in subchannels.values { subchannel.set(keepalive) }
            return  // the loss itself is told next
        }
        retired.removeAll { $0.isEmpty }
        update()
    }

    // MARK: - The picture

    /// Draws the picture anew and lets the waiting calls look at it.
    private func update() {
        let ready = order.compactMap { subchannels[$0]?.connection }
        let failure =
            isShutDown ? GRPCStatus(.unavailable, "the channel is closed") : lastFailure
        let start = ready.isEmpty ? 0 : Int.random(in: ready.indices)
        let state = state(hasReady: !ready.isEmpty)
        picture.update(state, ready, failure, start: start)
        serveWaiting()
    }

    private func state(hasReady: Bool) -> ClientChannel.State {
        if isShutDown { return .shutdown }
        if !isAwake { return .idle }
        if hasReady { return .ready }
        let isHopeful =
            lookups.contains(where: \.isUnknown)
            || subchannels.values.contains { !$0.isFailing }
        return isHopeful ? .connecting : .transientFailure
    }
}
