// Gives each answer to its command, and ends the connection when it may be the wrong one; event
// loop only.

import NIOCore

extension RedisConnection {
    /// What a record of TLS begins with that says what went wrong; nothing in RESP does.
    private static let alertRecord: UInt8 = 0x15

    /// Takes what came from the server.
    func receive(_ bytes: ByteBuffer) {
        if case .ended = state { return }
        if bytesReceived == 0, bytes.getInteger(at: bytes.readerIndex) == Self.alertRecord {
            return end(ConnectFailure.expectsTLS(address))
        }
        bytesReceived += bytes.readableBytes
        parser.append(bytes)
        let before = pipeline.answered
        defer {
            // Pushes are no sign that commands are served.
            if pipeline.answered != before || !parser.isBetweenReplies {
                pipeline.noteProgress(eventLoop.now)
            }
        }
        do throws(RESPViolation) {
            while let reply = try parser.next() {
                switch consume reply {
                case .value(let value): answer(consume value)
                case .push(let elements): receivePush(elements)
                }
                // A completion may have closed the connection.
                if case .ended = state { return }
            }
        } catch {
            end(violation("it sent what is not allowed in RESP: \(error.description)"))
        }
    }

    /// The error of a server that breaks the protocol, or is none.
    func violation(_ what: String) -> RedisError {
        let hint = isOpen ? "" : "; it may be no Redis"
        return RedisError(
            .protocolViolation, "the connection to \(address.place) was closed: \(what)\(hint)")
    }

    /// The error of a server that took the connection and then said too little for too long.
    var silence: RedisError {
        if configuration.tls != nil, !hasBegun { return ConnectFailure.speaksNoTLS(address) }
        let remedy =
            configuration.tls == nil
            ? "it is too busy, or expects TLS: then write rediss:// instead of redis://"
            : "it is too busy"
        return RedisError(
            .connectFailed,
            "\(address.place) takes the connection and does not answer in time; \(remedy)")
    }

    /// The error of a connection whose bytes came to their end.
    var lost: RedisError {
        guard isOpen else {
            guard configuration.tls == nil, bytesReceived == 0 else {
                return RedisError(
                    .connectFailed, "\(address.place) closed the connection during the greeting")
            }
            return ConnectFailure.expectsTLS(address)
        }
        let cut = parser.isBetweenReplies ? "" : " in the middle of an answer"
        return RedisError(.connectionLost, "\(address.place) closed the connection\(cut)")
    }

    private func answer(_ value: consuming RESPValue) {
        if let run = pipeline.answeringRun, ReadRun.shapes.allow(value) {
            pipeline.noteRead(of: run)
            return run.answered(value)
        }
        guard let command = pipeline.popFirst() else {
            return end(violation("it sent an answer that nothing asked for"))
        }
        switch command.expected {
        case .reply(let shapes) where shapes.allow(value): break
        case .confirmations(let channels) where channels.canBeRefused && value.isError: break
        default:
            pipeline.putBack(command)
            return end(violation("it sent an answer of another kind than the command has"))
        }
        command.completion?(.success(value))
    }

    private func receivePush(_ elements: [RESPValue]) {
        guard let kind = elements.first.flatMap(PushKind.init) else {
            return end(violation("it sent a push of a kind that nothing asked for"))
        }
        switch kind {
        case .message, .smessage, .pmessage: takePush(elements)
        default: confirm(kind, elements)
        }
    }

    /// A confirmation stands where the answer would, for the command whose turn it is.
    private func confirm(_ kind: PushKind, _ elements: [RESPValue]) {
        if case .confirmations(let channels) = pipeline.first?.expected,
            channels.confirm(kind, elements)
        {
            guard channels.isComplete, let command = pipeline.popFirst() else { return }
            command.completion?(.success(.integer(Int64(channels.count))))
        } else if kind.isUnsubscription {
            // A cluster's node takes subscriptions back when their slot moves away.
            takePush(elements)
        } else {
            end(violation("it confirmed a subscription that nothing asked for"))
        }
    }
}

extension RESPValue {
    /// Whether it is what a server says instead of an answer.
    var isError: Bool { if case .error = self { true } else { false } }
}
