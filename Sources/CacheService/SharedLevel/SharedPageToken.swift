// The position of a walk over the keys of all pools, as its caller carries it; a plain value.

import RedisClient

/// Where a walk goes on, as text: it is bound to the pattern, and holds on every instance.
///
/// Redis finds keys in handfuls: those that a page had no room for go along in the token, for
/// nobody else would remember them.
struct SharedPageToken: Equatable {
    /// The most keys that are carried.
    static let maxCarried = 128
    /// The longest token: four numbers of at most 16 digits, and the keys in two digits a byte.
    private static let maxBytes = 96 + maxCarried * (2 * ServiceLimits.keyBytes + 1)

    let pattern: UInt64
    /// The pool to go on in; behind the last one when only `carried` is left.
    let pool: Int
    /// Nil: at the pool's beginning.
    let cursor: StoreCursor?
    /// Keys that were found and are still to be listed.
    var carried: [[UInt8]]

    init(pattern: UInt64, pool: Int, cursor: StoreCursor?, carried: [[UInt8]] = []) {
        self.pattern = pattern
        self.pool = pool
        self.cursor = cursor
        self.carried = carried
    }

    /// Nil for text that is not a token.
    init?(_ text: String) {
        guard text.utf8.count <= Self.maxBytes else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "2",
            parts[1...4].allSatisfy({ $0.utf8.count <= 16 }),
            let pattern = UInt64(parts[1], radix: 16), let pool = UInt16(parts[2], radix: 16),
            let carried = Self.keys(parts[5])
        else { return nil }
        (self.pattern, self.pool, self.carried) = (pattern, Int(pool), carried)
        if parts[3].isEmpty, parts[4].isEmpty {
            cursor = nil
        } else {
            guard let shard = UInt64(parts[3], radix: 16),
                let position = UInt64(parts[4], radix: 16)
            else { return nil }
            cursor = StoreCursor(shard: shard, position: position)
        }
    }

    var text: String {
        let place = cursor.map { [$0.shard, $0.position].map { String($0, radix: 16) } }
        let numbers = [String(pattern, radix: 16), String(pool, radix: 16)] + (place ?? ["", ""])
        return "2-" + numbers.joined(separator: "-") + "-"
            + carried.map(Self.digits).joined(separator: ".")
    }

    private static func digits(_ key: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(2 * key.count)
        for byte in key { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    private static func keys(_ text: Substring) -> [[UInt8]]? {
        if text.isEmpty { return [] }
        var keys: [[UInt8]] = []
        for part in text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        {
            let digits = Array(part)
            guard !digits.isEmpty, digits.count.isMultiple(of: 2) else { return nil }
            var key: [UInt8] = []
            key.reserveCapacity(digits.count / 2)
            for index in stride(from: 0, to: digits.count, by: 2) {
                guard let high = value(digits[index]), let low = value(digits[index + 1]) else {
                    return nil
                }
                key.append(high << 4 | low)
            }
            keys.append(key)
        }
        return keys
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
