// Owns how the C structs that protobuf-c unpacked become Swift values; on the arena's thread.

internal import CProtobufC

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

extension ByteView {
    /// A C string, up to its NUL.
    init(_ text: UnsafeMutablePointer<CChar>?) {
        self.init(UnsafeRawBufferPointer(start: text, count: text.map { strlen($0) } ?? 0))
    }

    /// C's bytes.
    init(_ data: ProtobufCBinaryData) {
        self.init(UnsafeRawBufferPointer(start: data.data, count: data.len))
    }
}

extension Array {
    /// A repeated field of C pointers, each made into an element; free when there are none.
    init<CElement>(
        _ count: Int, at list: CList<CElement>?,
        _ make: (UnsafeMutablePointer<CElement>) -> Element
    ) {
        self.init()
        guard count > 0, let list else { return }
        reserveCapacity(count)
        for index in 0..<count {
            guard let element = list[index] else { continue }
            append(make(element))
        }
    }
}

extension BridgedMessage {
    /// A message field that may be absent.
    init?(_ field: UnsafeMutablePointer<CMessage>?) {
        guard let field else { return nil }
        self.init(UnsafePointer(field))
    }

    /// An element of a repeated field.
    init(element: UnsafeMutablePointer<CMessage>) {
        self.init(UnsafePointer(element))
    }
}
