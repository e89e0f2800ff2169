// Owns the answers of server reflection, v1 and v1alpha alike; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `grpc.reflection.v1.ServerReflectionResponse`, and v1alpha's, which has the same wire format.
package struct ServerReflectionResponse: Equatable {
    /// The `host` of the request.
    package var validHost = ByteView()
    /// The request itself.
    package var originalRequest: ServerReflectionRequest?
    /// The answer itself.
    package var answer = Answer.none

    /// The answer itself.
    package enum Answer: Equatable {
        case none
        /// Serialized file descriptors.
        case files([ByteView])
        case extensionNumbers(type: ByteView, numbers: [Int32])
        /// Full names.
        case services([ByteView])
        case error(code: Int32, message: ByteView)
    }

    // The oneof's case is the number of the field that is set.
    private enum Field: UInt32 {
        case fileDescriptorResponse = 4
        case allExtensionNumbersResponse = 5
        case listServicesResponse = 6
        case errorResponse = 7
    }

    /// All fields as proto3 defaults them.
    package init() {}
}

extension ServerReflectionResponse: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        grpc__reflection__v1__server_reflection_response__layout()
    }

    init(_ c: UnsafePointer<Grpc__Reflection__V1__ServerReflectionResponse>) {
        validHost = ByteView(c.pointee.valid_host)
        originalRequest = ServerReflectionRequest(c.pointee.original_request)
        switch Field(rawValue: c.pointee.message_response_case.rawValue) {
        case .fileDescriptorResponse:
            let part = c.pointee.file_descriptor_response.pointee
            let files = UnsafeBufferPointer(
                start: part.file_descriptor_proto, count: part.n_file_descriptor_proto)
            answer = .files(files.map { ByteView($0) })
        case .allExtensionNumbersResponse:
            let part = c.pointee.all_extension_numbers_response.pointee
            let numbers = UnsafeBufferPointer(
                start: part.extension_number, count: part.n_extension_number)
            answer = .extensionNumbers(
                type: ByteView(part.base_type_name), numbers: Array(numbers))
        case .listServicesResponse:
            let part = c.pointee.list_services_response.pointee
            answer = .services(
                Array(part.n_service, at: part.service) { ByteView($0.pointee.name) })
        case .errorResponse:
            let part = c.pointee.error_response.pointee
            answer = .error(code: part.error_code, message: ByteView(part.error_message))
        case nil:
            answer = .none
        }
    }

    func fill(_ c: inout Grpc__Reflection__V1__ServerReflectionResponse, in arena: MessageArena) {
        c.valid_host = arena.text(validHost)
        c.original_request = arena.makeIfPresent(originalRequest)
        switch answer {
        case .none:
            break
        case .files(let files):
            c.message_response_case = .init(rawValue: Field.fileDescriptorResponse.rawValue)
            c.file_descriptor_response = Self.part(files: files, in: arena)
        case .extensionNumbers(let type, let numbers):
            c.message_response_case = .init(rawValue: Field.allExtensionNumbersResponse.rawValue)
            c.all_extension_numbers_response = Self.part(type: type, numbers: numbers, in: arena)
        case .services(let names):
            c.message_response_case = .init(rawValue: Field.listServicesResponse.rawValue)
            c.list_services_response = Self.part(services: names, in: arena)
        case .error(let code, let message):
            let part = arena.zeroed(
                Grpc__Reflection__V1__ErrorResponse.self,
                layout: grpc__reflection__v1__error_response__layout())
            part.pointee.error_code = code
            part.pointee.error_message = arena.text(message)
            c.message_response_case = .init(rawValue: Field.errorResponse.rawValue)
            c.error_response = part
        }
    }
}

extension ServerReflectionResponse {
    private static func part(
        files: [ByteView], in arena: MessageArena
    ) -> UnsafeMutablePointer<Grpc__Reflection__V1__FileDescriptorResponse> {
        let part = arena.zeroed(
            Grpc__Reflection__V1__FileDescriptorResponse.self,
            layout: grpc__reflection__v1__file_descriptor_response__layout())
        let place = arena.array(of: ProtobufCBinaryData.self, count: files.count)
        for (index, file) in files.enumerated() {
            place[index] = arena.binary(file)
        }
        part.pointee.n_file_descriptor_proto = files.count
        part.pointee.file_descriptor_proto = place
        return part
    }

    private static func part(
        type: ByteView, numbers: [Int32], in arena: MessageArena
    ) -> UnsafeMutablePointer<Grpc__Reflection__V1__ExtensionNumberResponse> {
        let part = arena.zeroed(
            Grpc__Reflection__V1__ExtensionNumberResponse.self,
            layout: grpc__reflection__v1__extension_number_response__layout())
        let place = arena.array(of: Int32.self, count: numbers.count)
        for (index, number) in numbers.enumerated() {
            place[index] = number
        }
        part.pointee.base_type_name = arena.text(type)
        part.pointee.n_extension_number = numbers.count
        part.pointee.extension_number = place
        return part
    }

    private static func part(
        services: [ByteView], in arena: MessageArena
    ) -> UnsafeMutablePointer<Grpc__Reflection__V1__ListServiceResponse> {
        let part = arena.zeroed(
            Grpc__Reflection__V1__ListServiceResponse.self,
            layout: grpc__reflection__v1__list_service_response__layout())
        part.pointee.n_service = services.count
        part.pointee.service = arena.list(services) { name in
            let service = arena.zeroed(
                Grpc__Reflection__V1__ServiceResponse.self,
                layout: grpc__reflection__v1__service_response__layout())
            service.pointee.name = arena.text(name)
            return service
        }
        return part
    }
}
