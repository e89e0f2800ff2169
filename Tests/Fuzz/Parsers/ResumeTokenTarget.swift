// Owns the attack on resume tokens; a choice repairs the checksum, which no fuzzer guesses.

@testable import Invalidation

enum ResumeTokenTarget {
    static func run(_ input: inout FuzzInput) {
        let choice = input.number(below: 3)
        if choice == 2 { return position(&input) }
        var token = input.remaining()
        if choice == 1 {
            let checksum = token.withUnsafeBytes { XXHash64.hash($0) }
            token += (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (8 * UInt64($0))) }
        }
        do throws(ResumeTokenError) {
            let position = try decode(token)
            promise(
                Partitioning.isGlobalCount(position.revisions.count), "a position of another size")
            promise(try decode(ResumeToken.encode(position)) == position, "a position changes")
        } catch {
            return
        }
    }

    private static func position(_ input: inout FuzzInput) {
        let epoch = input.word()
        let revisions = (0..<Partitioning.count).map { _ in
            input.isEmpty ? 0 : input.word() >> UInt64(input.byte() & 63)
        }
        let position = Position(epoch: epoch, revisions: revisions)
        let token = ResumeToken.encode(position)
        promise(token.count <= ResumeToken.maxBytes, "a token of \(token.count) bytes")
        do throws(ResumeTokenError) {
            promise(try decode(token) == position, "a position changes")
        } catch {
            promise(false, "our own token is refused: \(error)")
        }
    }

    private static func decode(_ token: [UInt8]) throws(ResumeTokenError) -> Position {
        let result = token.withUnsafeBytes { bytes in
            Result { () throws(ResumeTokenError) in try ResumeToken.decode(bytes) }
        }
        return try result.get()
    }
}
