// Owns what a namespace or a pool may be called; pure functions.

enum SettingName {
    /// The longest name, in bytes.
    static let maxBytes = 64

    /// Whether the text is 1 to 64 of `A-Z a-z 0-9 _ . -`.
    static func isAllowed(_ text: String) -> Bool {
        (1...maxBytes).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "-"):
            true
        default:
            false
        }
    }
}
