// The end of the greeting: is what the server holds ours? Event loop only.

extension RedisConnection {
    /// Asks for the mark of the deployment; the connection opens when it is ours.
    func askForMark(_ mark: DeploymentMark, mayClaim: Bool) {
        submitUnchecked(mark.question) { [unowned self] result in
            guard case .success(let value) = result, case .greeting = state else { return }
            if case .error(let refusal) = value { return refused(refusal, mark) }
            switch mark.verdict(value, at: address.place) {
            case .foreign(let error): end(error)
            case .nobodys where mayClaim: claim(mark)
            case .nobodys where mark.claims:
                end(RedisError(.connectFailed, "\(address.place) lost what was just written to it"))
            case .ours, .nobodys: greeted()
            }
        }
    }

    private func claim(_ mark: DeploymentMark) {
        for command in mark.claim {
            submitUnchecked(command) { [unowned self] result in
                guard case .success(.error(let refusal)) = result, case .greeting = state else {
                    return
                }
                refused(refusal, mark)
            }
        }
        // Somebody else may have been faster.
        askForMark(mark, mayClaim: false)
    }

    private func refused(_ refusal: RESPError, _ mark: DeploymentMark) {
        if let error = mark.error(refusal, at: address.place) {
            end(error)
        } else {
            greeted()
        }
    }
}
