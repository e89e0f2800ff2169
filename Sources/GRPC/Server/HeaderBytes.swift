// The custom metadata of one request as it came in, unparsed: most calls have none, and most
// handlers look at none of it.

/// Name and value pairs, each with its length in front.
struct HeaderBytes: ~Copyable {
    private var buffer = RawBuffer()

    init() {}

    var isEmpty: Bool { buffer.count == 0 }

    mutating func append(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        appendPart(name)
        appendPart(value)
    }

    mutating func recycle() { buffer.recycle() }

    func value(of wanted: StaticString) -> [UInt8]? {
        var found: [UInt8]?
        forEach { name, value in
            guard found == nil, name.count == wanted.utf8CodeUnitCount else { return }
            let same = UnsafeBufferPointer(
                start: wanted.utf8Start, count: wanted.utf8CodeUnitCount
            ).elementsEqual(name)
            if same { found = Array(value) }
        }
        return found
    }

    /// All of it; nil when a `-bin` value is not base64.
    func parsed() -> Metadata? {
        var metadata = Metadata()
        var valid = true
        forEach { name, value in
            let text = String(decoding: name, as: UTF8.self)
            if !metadata.addWire(name: text, value: value) { valid = false }
        }
        return valid ? metadata : nil
    }

    private func forEach(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
        let bytes = buffer.bytes
        var offset = 0
        func part() -> UnsafeRawBufferPointer {
            let length = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            let start = offset + 4
            offset = start + length
            return UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
        }
        while offset < bytes.count {
            let name = part()
            body(name, part())
        }
    }

    private mutating func appendPart(_ part: UnsafeRawBufferPointer) {
        withUnsafeBytes(of: UInt32(part.count)) { buffer.append($0) }
        buffer.append(part)
    }
}
