// One command as it goes over the wire, ready to be sent again elsewhere; a value, any thread.

package import NIOCore

/// A command, encoded once: an array of blobs.
package struct RedisCommand: Sendable {
    /// What a command allows whoever sends it.
    package struct Traits: OptionSet, Sendable {
        /// The bits.
        package let rawValue: UInt8

        /// Traits from their bits.
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// It changes nothing: a replica may answer it.
        package static let readOnly = Traits(rawValue: 1)
        /// Sending it again after it may have been executed changes neither the data nor the
        /// answer's meaning.
        package static let idempotent = Traits(rawValue: 2)
        /// It is for the shard that it is sent to: where the server has it go to another one, it
        /// fails with `noShard`, unexecuted.
        package static let stays = Traits(rawValue: 4)
    }

    /// The encoded command.
    package private(set) var bytes: ByteBuffer
    /// What it allows.
    package private(set) var traits: Traits
    /// What its answer can be, errors apart. An answer of another kind shows that answers and
    /// commands no longer belong together, and closes the connection.
    package var expects: RESPShapes = .any

    /// Begins a command of exactly `arguments` arguments, its name included, which `append`
    /// then brings.
    ///
    /// - Parameter capacity: Bytes to make room for at once.
    package init(arguments: Int, traits: Traits = [], capacity: Int = 128) {
        bytes = ByteBufferAllocator().buffer(capacity: capacity)
        self.traits = traits
        RESPWriter.writeArrayHead(arguments, to: &bytes)
    }

    /// Becomes another command, in the memory of this one where nobody else has it.
    mutating func restart(arguments: Int, traits: Traits, expects: RESPShapes) {
        bytes.clear()
        self.traits = traits
        self.expects = expects
        RESPWriter.writeArrayHead(arguments, to: &bytes)
    }

    /// A command of texts, for those that are not sent often.
    package init(_ arguments: String..., traits: Traits = []) {
        self.init(arguments: arguments.count, traits: traits)
        for argument in arguments { append(argument) }
    }

    /// Adds an argument.
    package mutating func append(_ argument: String) {
        RESPWriter.writeBlob(argument, to: &bytes)
    }

    /// Adds an argument; the bytes are copied.
    package mutating func append(_ argument: UnsafeRawBufferPointer) {
        RESPWriter.writeBlob(argument, to: &bytes)
    }

    /// Adds an argument; the bytes are copied.
    package mutating func append(_ argument: some Collection<UInt8>) {
        RESPWriter.writeBlob(argument, to: &bytes)
    }

    /// Adds a number in decimal digits.
    package mutating func append(_ number: Int) {
        RESPWriter.writeBlob(number: number, to: &bytes)
    }

    /// Adds an argument of `count` bytes that `fill` writes into the buffer.
    package mutating func append(count: Int, fill: (inout ByteBuffer) -> Void) {
        RESPWriter.writeBlob(count: count, to: &bytes, fill: fill)
    }
}
