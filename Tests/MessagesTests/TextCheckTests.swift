// Owns the check of the UTF-8 check, against the standard library's.

import Testing

@testable import Messages

@Suite struct TextCheckTests {
    @Test("Every pair of bytes is judged as the standard library judges it, at every position")
    func pairs() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                expectAgreement([first, second])
                expectAgreement(Array("1234567".utf8) + [first, second])
            }
        }
    }

    @Test("Sequences around every border of the table are judged as the standard library does")
    func borders() {
        let borders: [UInt8] = [
            0x01, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
            0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        for lead in borders {
            for second in borders {
                for third in borders {
                    expectAgreement([lead, second, third])
                    for fourth in borders { expectAgreement([lead, second, third, fourth]) }
                }
            }
        }
    }

    @Test("A NUL is found wherever it is")
    func nul() {
        for count in 1...40 {
            for position in 0..<count {
                var bytes = [UInt8](repeating: 0x61, count: count)
                bytes[position] = 0
                #expect(bytes.withUnsafeBytes { $0.textFault() } == .hasNUL)
            }
        }
    }

    private func expectAgreement(_ bytes: [UInt8]) {
        let fault = bytes.withUnsafeBytes { $0.textFault() }
        let isText = String(validating: bytes, as: UTF8.self) != nil && !bytes.contains(0)
        // One expectation per disagreement, for there are half a million agreements.
        if (fault == nil) != isText { Issue.record("\(bytes) is judged as \(fault as Any)") }
    }
}
