// Heads of frames in bytes that come in any pieces; pure, no session.

import Testing

@testable import GRPC

@Suite("Frame scanner") struct FrameScannerTests {
    private static let preface = [UInt8]("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    private static let heads = [
        FrameHead(length: 0, type: 4, flags: 0, stream: 0),
        FrameHead(length: 300, type: 1, flags: 4, stream: 1),
        FrameHead(length: 70_000, type: 0, flags: 1, stream: .max),
        FrameHead(length: 1, type: 255, flags: 255, stream: 0),
    ]

    private static func bytes(_ head: FrameHead) -> [UInt8] {
        let length = UInt32(head.length).bigEndian
        // The reserved bit is set: it means nothing.
        let stream = (UInt32(head.stream) | 0x8000_0000).bigEndian
        return withUnsafeBytes(of: length) { Array($0[1...]) } + [head.type, head.flags]
            + withUnsafeBytes(of: stream) { Array($0) } + [UInt8](repeating: 9, count: head.length)
    }

    @Test("heads are found wherever the bytes are cut", arguments: [1, 2, 8, 9, 10, 33, 1_000_000])
    func pieces(size: Int) {
        let all = Self.preface + Self.heads.flatMap(Self.bytes)
        var scanner = FrameScanner()
        var found: [FrameHead] = []
        for start in stride(from: 0, to: all.count, by: size) {
            let piece = all[start..<min(start + size, all.count)]
            let allowed = piece.withUnsafeBytes { bytes in
                scanner.scan(bytes) {
                    found.append($0)
                    return true
                }
            }
            #expect(allowed == piece.count)
        }
        #expect(found == Self.heads)
    }

    @Test("what comes before a frame that is not allowed may be read")
    func refusal() {
        let all = Self.preface + Self.heads.flatMap(Self.bytes)
        var scanner = FrameScanner()
        let allowed = all.withUnsafeBytes { bytes in scanner.scan(bytes) { $0.stream != .max } }
        #expect(allowed == Self.preface.count + 9 + 9 + 300)
    }
}
