// How commands are written.

import NIOCore
import Testing

@testable import RedisClient

@Suite struct RESPWriterTests {
    @Test func writesACommandAsAnArrayOfBlobs() {
        var command = RedisCommand(arguments: 4)
        command.append("SET")
        command.append([UInt8(0), 255])
        command.append(-1_204)
        command.append(count: 0) { _ in }
        let expected =
            Array("*4\r\n$3\r\nSET\r\n$2\r\n".utf8) + [0, 255]
            + Array("\r\n$5\r\n-1204\r\n$0\r\n\r\n".utf8)
        #expect(Array(command.bytes.readableBytesView) == expected)
    }

    @Test(arguments: [0, 9, 10, 99, 100, Int.max, Int.min])
    func writesEveryNumberInDecimalDigits(_ number: Int) {
        var command = RedisCommand(arguments: 1)
        command.append(number)
        let text = String(number)
        #expect(String(buffer: command.bytes) == "*1\r\n$\(text.utf8.count)\r\n\(text)\r\n")
    }
}
