// What a peer may send on streams that are over; pure, no session.

import Testing

@testable import GRPC

@Suite("Stream history") struct StreamHistoryTests {
    @Test("streams in order are no violation, nor are their trailers")
    func order() {
        var history = StreamHistory()
        for stream in stride(from: Int32(1), to: 99, by: 2) {
            #expect(history.headersBegan(stream) == nil)
            #expect(history.headersBegan(stream) == nil, "trailers")
            #expect(history.violation(stream) == nil)
        }
        #expect(history.violation(0) == nil, "the session's own matter")
    }

    @Test("a stream that its peer has ended takes nothing more")
    func finished() {
        var history = StreamHistory()
        #expect(history.headersBegan(1) == nil)
        #expect(history.headersBegan(3) == nil)
        history.peerFinished(1)
        #expect(history.violation(1) == .streamClosed)
        #expect(history.headersBegan(1) == .streamClosed)
        #expect(history.violation(3) == nil)
    }

    @Test("a stream that was left out can be opened no more, the others of its leap neither")
    func skipped() {
        var history = StreamHistory()
        #expect(history.headersBegan(7) == nil)
        for stream: Int32 in [1, 3, 5] {
            #expect(history.headersBegan(stream) == .protocolError)
            #expect(history.violation(stream) == .protocolError)
        }
        #expect(history.headersBegan(9) == nil)
        #expect(history.violation(7) == nil, "it may be one that we have closed")
    }

    @Test("what is forgotten is let pass")
    func bounded() {
        var history = StreamHistory()
        for stream in stride(from: Int32(1), to: 21, by: 2) {
            #expect(history.headersBegan(stream) == nil)
            history.peerFinished(stream)
        }
        #expect(history.violation(1) == nil)
        #expect(history.violation(3) == nil)
        #expect(history.violation(5) == .streamClosed)
    }

    @Test("the highest number of all overflows nothing")
    func highest() {
        var history = StreamHistory()
        #expect(history.headersBegan(.max) == nil)
        #expect(history.headersBegan(.max) == nil)
        #expect(history.headersBegan(1) == .protocolError)
    }
}
