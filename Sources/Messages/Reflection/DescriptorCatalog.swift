// Owns what reflection tells: the contract's files and the symbols in them; immutable, any thread.

internal import CMessages

/// The files of the contract with everything they import, as `protoc` described them.
package struct DescriptorCatalog: Sendable {
    /// The catalog of this program.
    package static let embedded = DescriptorCatalog()

    /// One `.proto` file.
    package struct File: Sendable {
        /// Its name as imports have it: `cachemanager/v1/cache.proto`.
        package let name: String
        /// The names of the files it imports.
        package let dependencies: [String]
        /// Where its serialized descriptor lies in the set.
        fileprivate let range: Range<Int>

        /// The serialized `google.protobuf.FileDescriptorProto`; it lives as long as the program.
        package var descriptor: ByteView {
            ByteView(UnsafeRawBufferPointer(rebasing: DescriptorCatalog.bytes[range]))
        }
    }

    /// Every file, each after those it imports.
    package private(set) var files: [File] = []
    /// The full names of all services, in the order of the files.
    package private(set) var serviceNames: [String] = []

    private var indexByName: [String: Int] = [:]
    private var indexBySymbol: [String: Int] = [:]
    private var messageNames: Set<String> = []

    /// The file of this name.
    package func file(named name: String) -> File? {
        indexByName[name].map { files[$0] }
    }

    /// The file that declares the symbol of this full name: a message, a field, an enum, one of
    /// its values, a service or a method. A leading dot is not part of it.
    package func file(containingSymbol symbol: String) -> File? {
        indexBySymbol[symbol].map { files[$0] }
    }

    /// Whether there is a message of this full name.
    package func hasMessage(named name: String) -> Bool {
        messageNames.contains(name)
    }

    /// The file and all it imports, directly or not: itself first, each once.
    package func withDependencies(_ file: File) -> [File] {
        var found = [file]
        var names: Set<String> = [file.name]
        var next = 0
        while next < found.count {
            for name in found[next].dependencies where names.insert(name).inserted {
                guard let dependency = self.file(named: name) else { continue }
                found.append(dependency)
            }
            next += 1
        }
        return found
    }

    /// The embedded set: constant memory of the program.
    fileprivate static var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: descriptor_set_bytes(), count: descriptor_set_size())
    }

    private init() {
        do {
            for field in try Self.fields(of: Self.bytes) where field.number == 1 {
                try addFile(field.payload)
            }
        } catch {
            preconditionFailure("the embedded descriptors cannot be read: \(error)")
        }
    }
}

// Field numbers are those of google/protobuf/descriptor.proto.
extension DescriptorCatalog {
    private static func fields(
        of bytes: UnsafeRawBufferPointer
    ) throws(WireFault) -> [WireReader.Field] {
        var reader = WireReader(bytes)
        var fields: [WireReader.Field] = []
        while let field = try reader.next() {
            fields.append(field)
        }
        return fields
    }

    private static func text(_ field: WireReader.Field?) -> String {
        field.map { ByteView($0.payload).string } ?? ""
    }

    private mutating func addFile(_ bytes: UnsafeRawBufferPointer) throws(WireFault) {
        let fields = try Self.fields(of: bytes)
        let start = bytes.baseAddress! - Self.bytes.baseAddress!
        let file = File(
            name: Self.text(fields.first { $0.number == 1 }),
            dependencies: fields.filter { $0.number == 3 }.map { Self.text($0) },
            range: start..<start + bytes.count)
        indexByName[file.name] = files.count
        let package = Self.text(fields.first { $0.number == 2 })
        for field in fields {
            switch field.number {
            case 4: try addMessage(field.payload, scope: package)
            case 5: try addEnum(field.payload, scope: package)
            case 6: try addService(field.payload, scope: package)
            default: break
            }
        }
        files.append(file)
    }

    private mutating func addMessage(
        _ bytes: UnsafeRawBufferPointer, scope: String
    ) throws(WireFault) {
        let fields = try Self.fields(of: bytes)
        let name = addSymbol(fields.first { $0.number == 1 }, scope: scope)
        messageNames.insert(name)
        for field in fields {
            switch field.number {
            case 2: try addNamed(field.payload, scope: name)
            case 3: try addMessage(field.payload, scope: name)
            case 4: try addEnum(field.payload, scope: name)
            default: break
            }
        }
    }

    private mutating func addEnum(
        _ bytes: UnsafeRawBufferPointer, scope: String
    ) throws(WireFault) {
        let fields = try Self.fields(of: bytes)
        addSymbol(fields.first { $0.number == 1 }, scope: scope)
        // Values are siblings of their enum, as in C.
        for field in fields where field.number == 2 {
            try addNamed(field.payload, scope: scope)
        }
    }

    private mutating func addService(
        _ bytes: UnsafeRawBufferPointer, scope: String
    ) throws(WireFault) {
        let fields = try Self.fields(of: bytes)
        let name = addSymbol(fields.first { $0.number == 1 }, scope: scope)
        serviceNames.append(name)
        for field in fields where field.number == 2 {
            try addNamed(field.payload, scope: name)
        }
    }

    /// Adds what has nothing inside that is a symbol: a field, a value, a method.
    private mutating func addNamed(
        _ bytes: UnsafeRawBufferPointer, scope: String
    ) throws(WireFault) {
        addSymbol(try Self.fields(of: bytes).first { $0.number == 1 }, scope: scope)
    }

    @discardableResult
    private mutating func addSymbol(_ field: WireReader.Field?, scope: String) -> String {
        let name = scope.isEmpty ? Self.text(field) : "\(scope).\(Self.text(field))"
        indexBySymbol[name] = files.count
        return name
    }
}
