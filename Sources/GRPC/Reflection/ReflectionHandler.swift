// One reflection stream; event loop only.

import Messages

/// One reflection stream: an answer for each question, errors included.
final class ReflectionHandler: ServerCallHandler {
    private let call: ServerCall
    private let services: [String]

    init(_ call: ServerCall, services: [String]) {
        self.call = call
        self.services = services
    }

    /// The largest question: a name and a host.
    private static let questionBytes = 4_096

    func received(_ message: UnsafeRawBufferPointer) {
        if message.count > Self.questionBytes {
            let sentence = "a question must have at most \(Self.questionBytes) bytes"
            return call.finish(GRPCStatus(.resourceExhausted, sentence))
        }
        let arena = call.loop.arena
        defer { arena.reset() }
        do throws(MessageError) {
            let request = try ServerReflectionRequest.decode(message, in: arena)
            let response = answer(request, arena)
            let isWritable = call.send(
                FramedMessage { response.encode(in: arena, reserve: $0) })
            if !isWritable { call.pauseReading() }
        } catch {
            call.finish(GRPCStatus(error))
        }
    }

    func writable() { call.resumeReading() }

    func receivedEnd() { call.finish(.ok) }

    func draining(grace: Duration) {
        call.finish(.draining("the connection ends: call again, elsewhere or here"))
    }

    private func answer(
        _ request: ServerReflectionRequest, _ arena: MessageArena
    ) -> ServerReflectionResponse {
        let catalog = DescriptorCatalog.embedded
        let content: ServerReflectionResponse.Answer
        switch request.question {
        case .listServices:
            content = .services(services.map { arena.copy($0) })
        case .fileByFilename(let name):
            content = files(catalog.file(named: name.string), name.string, arena)
        case .fileContainingSymbol(let symbol):
            content = files(catalog.file(containingSymbol: symbol.string), symbol.string, arena)
        case .fileContainingExtension(let type, _), .allExtensionNumbersOfType(let type):
            content = .error(
                code: Int32(StatusCode.notFound.rawValue),
                message: arena.copy("\(type.string) has no extensions"))
        case .none:
            content = .error(
                code: Int32(StatusCode.invalidArgument.rawValue),
                message: arena.copy("message_request: one question must be asked"))
        }
        var response = ServerReflectionResponse()
        response.validHost = request.host
        response.originalRequest = request
        response.answer = content
        return response
    }

    /// The file and everything it imports, so that one answer is enough.
    private func files(
        _ file: DescriptorCatalog.File?, _ wanted: String, _ arena: MessageArena
    ) -> ServerReflectionResponse.Answer {
        guard let file else {
            return .error(
                code: Int32(StatusCode.notFound.rawValue),
                message: arena.copy("\(wanted) is not known here"))
        }
        return .files(DescriptorCatalog.embedded.withDependencies(file).map(\.descriptor))
    }
}
