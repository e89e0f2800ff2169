// Owns the questions of server reflection, v1 and v1alpha alike; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `grpc.reflection.v1.ServerReflectionRequest`, and v1alpha's, which has the same wire format.
package struct ServerReflectionRequest: Equatable {
    /// The host asked; it comes back in the answer.
    package var host = ByteView()
    /// What is asked.
    package var question = Question.none

    /// What is asked.
    package enum Question: Equatable {
        case none
        case fileByFilename(ByteView)
        case fileContainingSymbol(ByteView)
        case fileContainingExtension(type: ByteView, number: Int32)
        case allExtensionNumbersOfType(ByteView)
        case listServices(ByteView)
    }

    // The oneof's case is the number of the field that is set.
    private enum Field: UInt32 {
        case fileByFilename = 3
        case fileContainingSymbol = 4
        case fileContainingExtension = 5
        case allExtensionNumbersOfType = 6
        case listServices = 7
    }

    /// All fields as proto3 defaults them.
    package init() {}
}

extension ServerReflectionRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        grpc__reflection__v1__server_reflection_request__layout()
    }

    init(_ c: UnsafePointer<Grpc__Reflection__V1__ServerReflectionRequest>) {
        host = ByteView(c.pointee.host)
        switch Field(rawValue: c.pointee.message_request_case.rawValue) {
        case .fileByFilename:
            question = .fileByFilename(ByteView(c.pointee.file_by_filename))
        case .fileContainingSymbol:
            question = .fileContainingSymbol(ByteView(c.pointee.file_containing_symbol))
        case .fileContainingExtension:
            let part = c.pointee.file_containing_extension.pointee
            question = .fileContainingExtension(
                type: ByteView(part.containing_type), number: part.extension_number)
        case .allExtensionNumbersOfType:
            let type = ByteView(c.pointee.all_extension_numbers_of_type)
            question = .allExtensionNumbersOfType(type)
        case .listServices:
            question = .listServices(ByteView(c.pointee.list_services))
        case nil:
            question = .none
        }
    }

    func fill(_ c: inout Grpc__Reflection__V1__ServerReflectionRequest, in arena: MessageArena) {
        c.host = arena.text(host)
        switch question {
        case .none:
            break
        case .fileByFilename(let name):
            c.message_request_case = .init(rawValue: Field.fileByFilename.rawValue)
            c.file_by_filename = arena.text(name)
        case .fileContainingSymbol(let symbol):
            c.message_request_case = .init(rawValue: Field.fileContainingSymbol.rawValue)
            c.file_containing_symbol = arena.text(symbol)
        case .fileContainingExtension(let type, let number):
            let part = arena.zeroed(
                Grpc__Reflection__V1__ExtensionRequest.self,
                layout: grpc__reflection__v1__extension_request__layout())
            part.pointee.containing_type = arena.text(type)
            part.pointee.extension_number = number
            c.message_request_case = .init(rawValue: Field.fileContainingExtension.rawValue)
            c.file_containing_extension = part
        case .allExtensionNumbersOfType(let type):
            c.message_request_case = .init(rawValue: Field.allExtensionNumbersOfType.rawValue)
            c.all_extension_numbers_of_type = arena.text(type)
        case .listServices(let text):
            c.message_request_case = .init(rawValue: Field.listServices.rawValue)
            c.list_services = arena.text(text)
        }
    }
}
