// Owns the check that no bytes from outside crash, leak through, or take more than allowed.

import Testing

@testable import Messages

@Suite struct HostileBytesTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        let name: String
        let type: any (WireMessage & SendableMetatype).Type
        let bytes: [UInt8]
        let kind: MessageError.Kind
        let field: String?

        init(
            _ name: String, _ type: any (WireMessage & SendableMetatype).Type, _ bytes: [UInt8],
            _ kind: MessageError.Kind, _ field: String? = nil
        ) {
            (self.name, self.type, self.bytes) = (name, type, bytes)
            (self.kind, self.field) = (kind, field)
        }

        var testDescription: String { name }
    }

    static let refusals = [
        Refusal("NUL in a key", GetRequest.self, [0x0A, 3, 0x61, 0, 0x62], .invalidField, "key"),
        Refusal(
            "NUL after eight plain bytes", GetRequest.self,
            [0x0A, 9] + Array("12345678".utf8) + [0], .invalidField, "key"),
        Refusal("bad UTF-8", GetRequest.self, [0x0A, 2, 0xC3, 0x28], .invalidField, "key"),
        Refusal(
            "bad UTF-8 in the third key", GetMultiRequest.self,
            [0x0A, 1, 0x61, 0x0A, 0, 0x10, 1, 0x0A, 1, 0xFF], .invalidField, "keys[2]"),
        Refusal(
            "NUL in the second entry", SetMultiRequest.self,
            [0x0A, 3, 0x0A, 1, 0x61, 0x0A, 3, 0x0A, 1, 0], .invalidField, "entries[1].key"),
        Refusal(
            "NUL in metadata", SetRequest.self, [0x4A, 3, 0x12, 1, 0], .invalidField,
            "metadata[0].value"),
        Refusal(
            "NUL in a choice", InvalidateRequest.self, [0x0A, 3, 0x0A, 1, 0], .invalidField,
            "keys.keys[0]"),
        Refusal(
            "a message twice", SetRequest.self, [0x1A, 2, 8, 1, 0x1A, 2, 8, 2], .malformed, "ttl"),
        Refusal("a wrong wire type", GetRequest.self, [0x08, 1], .malformed, "key"),
        Refusal("a string as a number", GetRequest.self, [0x12, 1, 1], .malformed, "mode"),
        Refusal("a length beyond the end", GetRequest.self, [0x0A, 5, 0x61], .malformed),
        Refusal(
            "a length of 4 GiB", GetRequest.self, [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], .malformed),
        Refusal(
            "a length that does not end", GetRequest.self,
            [0x0A] + .init(repeating: 0x80, count: 9),
            .malformed),
        Refusal(
            "a number of 11 bytes", GetRequest.self,
            [0x18] + .init(repeating: 0x80, count: 10) + [1], .malformed),
        Refusal(
            "a number beyond 64 bits", GetRequest.self,
            [0x18] + .init(repeating: 0xFF, count: 9) + [2], .malformed),
        Refusal(
            "a tag of 6 bytes", GetRequest.self, [0x8A, 0x80, 0x80, 0x80, 0x80, 0], .malformed),
        Refusal("field number 0", GetRequest.self, [0x02, 0], .malformed),
        Refusal("a group", GetRequest.self, [0x0B, 0x0C], .malformed),
        Refusal("wire type 7", GetRequest.self, [0x0F], .malformed),
        Refusal(
            "packed numbers cut short", ServerReflectionResponse.self, [0x2A, 3, 0x12, 1, 0x80],
            .malformed, "all_extension_numbers_response.extension_number[0]"),
        Refusal(
            "a nested message cut short", GetResponse.self, [0x2A, 2, 8, 0x80], .malformed,
            "cached_at"),
        Refusal(
            "too many fields", GetMultiRequest.self,
            .init((0...WireCheck.maximumFields).flatMap { _ in [0x0A, 0] }), .tooLarge,
            "keys[200000]"),
        Refusal(
            "too many unknown fields", GetMultiRequest.self,
            .init((0...WireCheck.maximumFields).flatMap { _ in [0x78, 0] }), .tooLarge),
        Refusal(
            "too many packed numbers", ServerReflectionResponse.self,
            packed(count: WireCheck.maximumFields), .tooLarge,
            "all_extension_numbers_response.extension_number[0]"),
        Refusal(
            "small on the wire and large in memory", SetMultiRequest.self,
            .init((0..<WireCheck.maximumFields).flatMap { _ in [0x0A, 0] }), .tooLarge),
    ]

    @Test("Bytes that are no such message are refused, with the field's path", arguments: refusals)
    func refused(_ refusal: Refusal) throws {
        let arena = MessageArena()
        let error = try #require(throws: MessageError.self) {
            _ = try refusal.type.decode(refusal.bytes, in: arena)
        }
        #expect(error.kind == refusal.kind)
        if error.reason != "has more than \(WireCheck.maximumFields) fields" {
            #expect(error.field == refusal.field)
        }
        #expect(error.message.hasPrefix(error.field ?? "the message"))
        #expect(arena.heldBytes <= MessageArena.defaultLimitBytes)
    }

    @Test("Messages may lie in each other so deep and no deeper")
    func depth() throws {
        // results { entry { cached_at { } } }
        let bytes: [UInt8] = [0x0A, 4, 0x1A, 2, 0x2A, 0]
        let layout = GetMultiResponse.layout
        try bytes.withUnsafeBytes { try WireCheck.check($0, against: layout, depthLimit: 4) }
        let error = #expect(throws: MessageError.self) {
            try bytes.withUnsafeBytes { try WireCheck.check($0, against: layout, depthLimit: 3) }
        }
        #expect(error?.kind == .malformed)
        #expect(error?.field == "results[0].entry.cached_at")
    }

    @Test("What the arena's limit does not allow is refused, and the arena goes on")
    func arenaLimit() throws {
        let arena = MessageArena(limitBytes: 16 * 1024)
        var request = SetRequest()
        request.value = arena.copy([UInt8](repeating: 1, count: 64 * 1024))
        let bytes = request.encoded(in: arena)
        arena.reset()
        let error = #expect(throws: MessageError.self) {
            _ = try SetRequest.decode(bytes, in: arena)
        }
        #expect(error?.kind == .tooLarge)
        arena.reset()
        #expect(try GetRequest.decode([0x0A, 1, 0x61], in: arena).key == "a")
    }

    @Test("Every message cut short anywhere is decoded or refused", arguments: MessageSample.all)
    func truncated(_ sample: MessageSample) throws {
        let arena = MessageArena()
        let bytes = try sample.encodedByProtoc()
        for end in bytes.indices {
            tryDecoding(Array(bytes[..<end]), as: sample.type, in: arena)
        }
    }

    @Test("Every message with any byte changed is decoded or refused", arguments: MessageSample.all)
    func changed(_ sample: MessageSample) throws {
        let arena = MessageArena()
        var random = SeededGenerator(seed: 7)
        let bytes = try sample.encodedByProtoc()
        guard !bytes.isEmpty else { return }
        for _ in 0..<2_000 {
            var hostile = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = hostile.indices.randomElement(using: &random) ?? 0
                hostile[index] = .random(in: 0...255, using: &random)
            }
            tryDecoding(hostile, as: sample.type, in: arena)
        }
    }

    @Test("Random bytes are decoded or refused")
    func random() {
        let arena = MessageArena()
        var random = SeededGenerator(seed: 42)
        let types = MessageSample.all.map(\.type)
        for round in 0..<100_000 {
            let count = Int.random(in: 0...40, using: &random)
            let bytes = (0..<count).map { _ in
                // Small numbers are tags and lengths that fit more often than not.
                UInt8.random(in: 0...(Bool.random(using: &random) ? 0x30 : 0xFF), using: &random)
            }
            tryDecoding(bytes, as: types[round % types.count], in: arena)
        }
    }

    /// Decodes; what was decoded must survive being encoded and decoded again.
    private func tryDecoding(
        _ bytes: [UInt8], as type: any WireMessage.Type, in arena: MessageArena
    ) {
        defer { arena.reset() }
        let message: any WireMessage
        do {
            message = try type.decode(bytes, in: arena)
        } catch {
            #expect(error.kind != .tooLarge)
            return
        }
        let once = message.encoded(in: arena)
        do {
            let twice = try type.decode(once, in: arena).encoded(in: arena)
            if twice != once { Issue.record("\(bytes) means \(once) and then \(twice)") }
        } catch {
            Issue.record("\(bytes) is decoded, but not what it means: \(error.message)")
        }
    }

    private static func packed(count: Int) -> [UInt8] {
        func varint(_ value: Int) -> [UInt8] {
            value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
        }
        let inner = [0x12] + varint(count) + [UInt8](repeating: 1, count: count)
        return [0x2A] + varint(inner.count) + inner
    }
}

/// Random numbers that are the same in every run. Source: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
