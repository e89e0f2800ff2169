// How the answers of one connection share it; one thread, no network.

import Testing

@testable import GRPC

@Suite struct FairnessTests {
    /// A frame of the server: its type, its stream, whether it ends it, and its payload's size.
    private struct Frame {
        let type: UInt8
        let stream: Int
        let endsStream: Bool
        let bytes: Int
    }

    private func frames(_ bytes: [UInt8]) -> [Frame] {
        func number(_ range: Range<Int>) -> Int { bytes[range].reduce(0) { $0 << 8 | Int($1) } }
        var frames: [Frame] = []
        var offset = 0
        while offset + 9 <= bytes.count {
            let length = number(offset..<offset + 3)
            frames.append(
                Frame(
                    type: bytes[offset + 3], stream: number(offset + 5..<offset + 9),
                    endsStream: bytes[offset + 3] <= 1 && bytes[offset + 4] & 1 != 0,
                    bytes: length))
            offset += 9 + length
        }
        return frames
    }

    @Test("a small answer waits for a frame of each large one, not for their ends")
    func smallAmongLarge() throws {
        let wire = try CallWire([EchoService.make(CallLog())])
        let large = try (0..<4).map { _ in
            try wire.start("/test.Echo/Large", [[]], pumping: false)
        }
        let small = try wire.start("/test.Echo/Unary", [[1]], pumping: false)
        #expect(wire.drain(small.stream).status == .ok)
        let id = Int(small.call.id)
        let all = frames(wire.serverBytes)
        let end = try #require(all.firstIndex { $0.stream == id && $0.endsStream })
        let ahead = all[..<end].filter { $0.type == 0 && $0.stream != id }.map(\.bytes)
        #expect(ahead.reduce(0, +) <= (large.count + 1) * HTTP2Session.frameBytes)
        for (stream, _) in large { #expect(wire.drain(stream).messages.first?.count == 1_000_000) }
    }

    @Test("a small answer waits for a frame of a busy stream, not for all it has to say")
    func smallBesideStream() throws {
        let wire = try CallWire([EchoService.make(CallLog())])
        let messages = [[UInt8]](repeating: [UInt8](repeating: 7, count: 16_000), count: 50)
        let busy = try wire.start("/test.Echo/Bidi", messages, pumping: false)
        let small = try wire.start("/test.Echo/Unary", [[1]], pumping: false)
        #expect(wire.drain(small.stream).status == .ok)
        let id = Int(small.call.id)
        let all = frames(wire.serverBytes)
        let end = try #require(all.firstIndex { $0.stream == id && $0.endsStream })
        let ahead = all[..<end].filter { $0.type == 0 && $0.stream != id }.map(\.bytes)
        #expect(ahead.reduce(0, +) <= 2 * HTTP2Session.frameBytes)
        #expect(wire.drain(busy.stream).messages.count == messages.count)
    }

    @Test("large answers take turns: none is ahead of another by more than a frame")
    func largeAmongLarge() throws {
        let wire = try CallWire([EchoService.make(CallLog())])
        let calls = try (0..<4).map { _ in
            try wire.start("/test.Echo/Large", [[]], pumping: false)
        }
        for (stream, _) in calls { #expect(wire.drain(stream).status == .ok) }
        var sent: [Int: Int] = [:]
        var widest = 0
        for frame in frames(wire.serverBytes) where frame.type == 0 {
            sent[frame.stream, default: 0] += frame.bytes
            if sent.count == calls.count, let most = sent.values.max(),
                let least = sent.values.min()
            {
                widest = max(widest, most - least)
            }
        }
        #expect(sent.count == calls.count && widest <= 2 * HTTP2Session.frameBytes)
    }
}
