// Owns the check of the arena: zeroed, capped, and given back at once.

import Messages
import Testing

@Suite struct MessageArenaTests {
    @Test("Memory is zero, also after a reset")
    func zeroed() {
        let arena = MessageArena()
        for size in [1, 100, 5_000, 60_000, 3, 200_000, 10] {
            let piece = arena.allocate(size)
            #expect(piece.count == size)
            #expect(piece.allSatisfy { $0 == 0 })
            piece.initializeMemory(as: UInt8.self, repeating: 0xAA)
            arena.reset()
        }
    }

    @Test("Pieces do not overlap and are aligned for every C type")
    func pieces() {
        let arena = MessageArena()
        let pieces = (0..<1_000).map { size in
            let piece = arena.allocate(size)
            piece.initializeMemory(as: UInt8.self, repeating: UInt8(size % 251))
            return piece
        }
        for (size, piece) in pieces.enumerated() {
            #expect(Int(bitPattern: piece.baseAddress) % 16 == 0)
            #expect(piece.allSatisfy { $0 == UInt8(size % 251) })
        }
    }

    @Test("A reset keeps no more than one small chunk")
    func reset() {
        let arena = MessageArena()
        #expect(arena.heldBytes == 0)
        _ = arena.allocate(10)
        let small = arena.heldBytes
        arena.reset()
        #expect(arena.heldBytes == small)
        for _ in 0..<100 { _ = arena.allocate(100_000) }
        #expect(arena.heldBytes > 10_000_000)
        arena.reset()
        #expect(arena.heldBytes > 0 && arena.heldBytes <= 64 * 1024)
    }

    @Test("A small chunk serves one small call after another")
    func steadyState() throws {
        let arena = MessageArena()
        var held: Set<Int> = []
        for _ in 0..<100 {
            _ = try GetRequest.decode([0x0A, 1, 0x61], in: arena)
            held.insert(arena.heldBytes)
            arena.reset()
        }
        #expect(held.count == 1)
    }

    @Test("Copies are what was copied")
    func copies() {
        let arena = MessageArena()
        #expect(arena.copy("né").array == Array("né".utf8))
        #expect(arena.copy([1, 2, 3]).array == [1, 2, 3])
        #expect(arena.copy("").isEmpty)
    }
}
