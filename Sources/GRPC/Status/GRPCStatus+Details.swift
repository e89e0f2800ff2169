// Statuses with `google.rpc.ErrorInfo`, so that programs need not read sentences.

package import Messages

extension GRPCStatus {
    /// The domain of every reason of this project.
    package static let errorDomain = "cachemanager.v1"

    /// A refusal of what a request says: the message begins with the field's name, and an
    /// ErrorInfo carries the stable reason and the field.
    ///
    /// - Parameter retryDelay: where trying the same again may help: after how long. It goes
    ///   into a RetryInfo.
    package static func refused(
        _ code: StatusCode = .invalidArgument, reason: String, field: String, _ sentence: String,
        retryDelay: Duration? = nil
    ) -> GRPCStatus {
        let message = field.isEmpty ? sentence : "\(field): \(sentence)"
        let arena = MessageArena()
        var info = ErrorInfo()
        info.reason = arena.copy(reason)
        info.domain = arena.copy(errorDomain)
        if !field.isEmpty {
            info.metadata = [MetadataPair(name: "field", value: arena.copy(field))]
        }
        var status = RPCStatus()
        status.code = Int32(code.rawValue)
        status.message = arena.copy(message)
        status.details = [AnyMessage(packing: info, in: arena)]
        if let retryDelay {
            var retry = RetryInfo()
            let (seconds, attoseconds) = retryDelay.components
            retry.retryDelay = ProtoDuration(
                seconds: seconds, nanos: Int32(attoseconds / 1_000_000_000))
            status.details.append(AnyMessage(packing: retry, in: arena))
        }
        return GRPCStatus(code, message, details: status.encoded(in: arena))
    }

    /// The end of a call because its connection drains. Trying again helps at once: a new
    /// connection, to this server or to another one, will serve it.
    package static func draining(_ sentence: String) -> GRPCStatus {
        .refused(.unavailable, reason: "DRAINING", field: "", sentence, retryDelay: .zero)
    }

    /// What a message that cannot be read is answered with.
    package init(_ error: MessageError) {
        let field = error.field ?? ""
        switch error.kind {
        case .malformed:
            self = .refused(.internal, reason: "MALFORMED_MESSAGE", field: field, error.reason)
        case .invalidField:
            self = .refused(reason: "INVALID_FIELD", field: field, error.reason)
        case .tooLarge:
            self = .refused(
                .resourceExhausted, reason: "MESSAGE_TOO_LARGE", field: field, error.reason)
        }
    }

    /// The stable reason in the details; empty where there is none.
    package func reason(in arena: MessageArena) -> String {
        detail(ErrorInfo.self, in: arena)?.reason.string ?? ""
    }

    /// After how long trying again may help, as the details say; nil where they do not.
    package func retryDelay(in arena: MessageArena) -> ProtoDuration? {
        detail(RetryInfo.self, in: arena)?.retryDelay
    }

    /// The first of the details that is of this type.
    private func detail<Detail: WireMessage>(
        _ type: Detail.Type, in arena: MessageArena
    ) -> Detail? {
        if details.isEmpty { return nil }
        return details.withUnsafeBytes { bytes in
            do throws(MessageError) {
                let status = try RPCStatus.decode(bytes, in: arena)
                for detail in status.details {
                    if let detail = try detail.unpacked(as: type, in: arena) { return detail }
                }
            } catch {
                return nil  // another server's details: what they say is not ours to judge
            }
            return nil
        }
    }
}
