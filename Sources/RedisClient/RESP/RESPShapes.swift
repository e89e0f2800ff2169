// What kinds of reply a command can have; a value, any thread.

/// Kinds of reply. An error is always one of them.
package struct RESPShapes: OptionSet, Hashable, Sendable {
    /// The bits.
    package let rawValue: UInt16

    /// Shapes from their bits.
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// A short text such as `OK`.
    package static let simpleString = RESPShapes(rawValue: 1)
    /// A whole number.
    package static let integer = RESPShapes(rawValue: 2)
    /// Bytes.
    package static let blob = RESPShapes(rawValue: 4)
    /// Nothing.
    package static let null = RESPShapes(rawValue: 8)
    /// A truth value.
    package static let boolean = RESPShapes(rawValue: 16)
    /// A floating-point number.
    package static let double = RESPShapes(rawValue: 32)
    /// Values in an order, or a set.
    package static let array = RESPShapes(rawValue: 64)
    /// Keys and values.
    package static let map = RESPShapes(rawValue: 128)
    /// Whatever comes.
    package static let any = RESPShapes(rawValue: .max)

    /// Whether `value` is of one of these kinds.
    func allow(_ value: RESPValue) -> Bool {
        switch value {
        case .error: true
        case .simpleString: contains(.simpleString)
        case .integer: contains(.integer)
        case .blob: contains(.blob)
        case .null: contains(.null)
        case .boolean: contains(.boolean)
        case .double: contains(.double)
        case .array: contains(.array)
        case .map: contains(.map)
        }
    }
}
