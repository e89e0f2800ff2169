// What a program's command line may hold.

import Testing

@testable import Console

@Suite struct ProgramTests {
    @Test("an argument whose bytes are not UTF-8 is noticed, before it is read as another one")
    func texts() {
        #expect(Program.isText("user:ß"))
        #expect(Program.isText(""))
        #expect(!Program.isText([CChar(bitPattern: 0xFF), 0]))
        #expect(!Program.isText([CChar(bitPattern: 0xC3), 0]))
    }
}
