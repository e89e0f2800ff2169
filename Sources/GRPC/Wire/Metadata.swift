// Custom metadata of a call: ordered pairs, names in lower case, `-bin` values as bytes.

/// The metadata that a caller or a handler gives beside the messages.
package struct Metadata: Sendable, Equatable {
    /// The most that one call may carry, as HTTP/2 counts it: name + value + 32 a pair.
    package static let maxBytes = 16 * 1024

    private(set) var pairs: [(name: String, value: [UInt8])] = []

    /// No metadata.
    package init() {}

    /// How many pairs there are.
    package var count: Int { pairs.count }

    /// Adds a text value. The name is put into lower case; it must not end in `-bin`.
    package mutating func add(_ name: String, _ value: String) {
        pairs.append((name.lowercased(), Array(value.utf8)))
    }

    /// Adds bytes under a name that ends in `-bin`.
    package mutating func add(_ name: String, bytes: [UInt8]) {
        precondition(name.hasSuffix("-bin"), "binary metadata is named …-bin")
        pairs.append((name.lowercased(), bytes))
    }

    /// The first text value of that name.
    package subscript(name: String) -> String? {
        bytes(name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The first value of that name, as bytes: for `-bin` names already decoded.
    package func bytes(_ name: String) -> [UInt8]? {
        pairs.first { $0.name == name }?.value
    }

    /// The same pairs in the same order.
    package static func == (left: Metadata, right: Metadata) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0.name == $1.name && $0.value == $1.value }
    }

    /// Adds a pair as it came over the wire; false when a `-bin` value is not base64.
    /// A `-bin` value may hold several, divided by commas.
    mutating func addWire(name: String, value: some BidirectionalCollection<UInt8>) -> Bool {
        guard name.hasSuffix("-bin") else {
            pairs.append((name, Array(value)))
            return true
        }
        for part in value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let bytes = Base64.decode(Self.trimmed(part)) else { return false }
            pairs.append((name, bytes))
        }
        return true
    }

    /// What goes onto the wire for a pair.
    static func wireValue(name: String, value: [UInt8]) -> [UInt8] {
        name.hasSuffix("-bin") ? Base64.encode(value) : value
    }

    private static func trimmed<Bytes: BidirectionalCollection<UInt8>>(
        _ bytes: Bytes
    ) -> Bytes.SubSequence where Bytes.SubSequence: BidirectionalCollection<UInt8> {
        var rest = bytes[...]
        while let first = rest.first, first == 0x20 || first == 0x09 { rest.removeFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        return rest
    }
}
