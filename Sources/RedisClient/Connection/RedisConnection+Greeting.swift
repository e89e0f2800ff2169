// How a connection begins: who we are, which database, all in one write; event loop only.

import NIOCore

extension RedisConnection {
    /// The first version with sharded channels.
    private static let minMajorVersion = 7

    /// Sends the greeting; `ready` tells how it went. The attempt's time bounds it.
    func greet() {
        var steps: [(GreetingStep, RedisCommand)] = [(.hello, hello)]
        if configuration.database != 0 {
            steps.append((.select, RedisCommand("SELECT", "\(configuration.database)")))
        }
        if configuration.readsReplica { steps.append((.readOnly, RedisCommand("READONLY"))) }
        for (index, (step, plain)) in steps.enumerated() {
            let isLast = index == steps.count - 1
            var command = plain
            command.expects = step == .hello ? .map : .simpleString
            submitUnchecked(command) { [unowned self] result in
                // A failure is the connection's end, which `ready` hears of by itself.
                guard case .success(let value) = result else { return }
                take(value, of: step)
                if isLast, configuration.mark == nil, case .greeting = state { greeted() }
            }
        }
        if let mark = configuration.mark { askForMark(mark, mayClaim: mark.claims) }
        flush()
    }

    private var hello: RedisCommand {
        let credentials = configuration.credentials
        let name = configuration.clientName
        var command = RedisCommand(
            arguments: 2 + (credentials == nil ? 0 : 3) + (name == nil ? 0 : 2))
        command.append("HELLO")
        command.append(3)
        if let credentials {
            command.append("AUTH")
            command.append(credentials.username ?? "default")
            command.append(credentials.password)
        }
        if let name {
            command.append("SETNAME")
            command.append(name)
        }
        return command
    }

    private func take(_ value: RESPValue, of step: GreetingStep) {
        switch value {
        case .error(let refusal):
            end(GreetingRefusal.error(refusal, step, address, configuration))
        case .map(let pairs):
            greeting = RedisGreeting(pairs)
            let major = greeting.version.split(separator: ".").first.flatMap { Int($0) }
            if let major, major < Self.minMajorVersion {
                end(GreetingRefusal.tooOld(address.place, version: greeting.version))
            }
            let mode = RedisServerMode(rawValue: greeting.mode)
            if let mode, let wanted = configuration.mode, wanted.rules(out: mode) {
                end(GreetingRefusal.another(mode, address.place))
            }
            if configuration.needsMaster, ["replica", "slave"].contains(greeting.role) {
                end(GreetingRefusal.replica(address.place))
            }
        default: break
        }
    }
}
