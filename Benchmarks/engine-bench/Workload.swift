// Owns the keys that the measurements ask for; made before the clock starts.

import CacheEngine

/// Keys of 20 bytes, laid out in the order in which they are asked for.
final class Workload: @unchecked Sendable {  // holds: nobody writes it after init
    static let keyBytes = 20
    static let valueBytes = 100

    let count: Int
    private let bytes: UnsafeMutableRawPointer
    /// The same keys as strings of their own, for what takes strings.
    let strings: [String]

    /// - Parameter numbers: Which key each request asks for.
    init(numbers: [Int], withStrings: Bool = false) {
        count = numbers.count
        bytes = .allocate(byteCount: numbers.count * Self.keyBytes, alignment: 64)
        for (index, number) in numbers.enumerated() {
            Self.write(number, to: bytes + index * Self.keyBytes)
        }
        strings = withStrings ? numbers.map { Self.text($0) } : []
    }

    deinit { bytes.deallocate() }

    @inline(__always)
    func key(_ index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes + index &* Self.keyBytes, count: Self.keyBytes)
    }

    /// `user:profile:` and seven digits.
    static func text(_ number: Int) -> String {
        withUnsafeTemporaryAllocation(byteCount: keyBytes, alignment: 1) { buffer in
            write(number, to: buffer.baseAddress.unsafelyUnwrapped)
            return String(decoding: buffer, as: UTF8.self)
        }
    }

    /// Writes the key of a number below ten millions.
    static func write(_ number: Int, to place: UnsafeMutableRawPointer) {
        var rest = number
        for (index, byte) in "user:profile:".utf8.enumerated() {
            place.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
        for index in stride(from: keyBytes - 1, through: 13, by: -1) {
            place.storeBytes(of: UInt8(48 + rest % 10), toByteOffset: index, as: UInt8.self)
            rest /= 10
        }
    }
}

/// Zipf-distributed numbers (Gray et al., "Quickly Generating Billion-Record Synthetic
/// Databases", 1994), spread over the keys so that popular ones are no neighbours.
struct Zipf {
    private let count: Double
    private let theta: Double
    private let alpha: Double
    private let zeta: Double
    private let eta: Double
    private var state: UInt64

    init(count: Int, theta: Double, seed: UInt64) {
        self.count = Double(count)
        self.theta = theta
        zeta = (1...count).reduce(0.0) { $0 + 1 / Self.power(Double($1), theta) }
        let two = 1 + 1 / Self.power(2, theta)
        alpha = 1 / (1 - theta)
        eta = (1 - Self.power(2 / self.count, 1 - theta)) / (1 - two / zeta)
        state = seed
    }

    mutating func next() -> Int {
        let uniform = Double(random() >> 11) / Double(UInt64(1) << 53)
        let scaled = uniform * zeta
        var rank = 0.0
        if scaled >= 1 {
            rank = 1
            if scaled >= 1 + 1 / Self.power(2, theta) {
                rank = (count * Self.power(eta * uniform - eta + 1, alpha)).rounded(.down)
            }
        }
        // A prime with no factor in common with the counts in use: a permutation.
        return Int(min(rank, count - 1)) * 7_368_787 % Int(count)
    }

    mutating func random() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    private static func power(_ base: Double, _ exponent: Double) -> Double {
        pow(base, exponent)
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
