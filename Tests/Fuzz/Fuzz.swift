// Owns the fuzz program's start: chooses the target, then libFuzzer drives it; one thread.

import Foundation

/// libFuzzer's loop as a function; it ends the process by itself.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// `Fuzz TARGET [OPTION OF LIBFUZZER | FILE | FOLDER]…`, or `Fuzz list | types | seeds FOLDER`.
@main
enum Fuzz {
    // Set once in `main`, before libFuzzer calls back on the same thread.
    nonisolated(unsafe) private static var target = FuzzTarget.glob
    /// Names the target for libFuzzer's own children, which it starts without our argument.
    private static let variable = "CACHE_MANAGER_FUZZ_TARGET"

    static func main() throws {
        let words = Array(CommandLine.arguments.dropFirst())
        if words == ["list"] {
            for target in FuzzTarget.allCases { print(target.rawValue) }
        } else if words == ["types"] {
            for name in ProtobufTarget.names { print(name) }
        } else if words.count == 2, words[0] == "seeds" {
            try Seeds.write(to: words[1])
        } else if let word = words.first, let chosen = FuzzTarget(rawValue: word) {
            setenv(variable, word, 1)
            drive(chosen, skipping: 1)
        } else if let word = getenv(variable),
            let chosen = FuzzTarget(rawValue: String(cString: word))
        {
            drive(chosen, skipping: 0)
        } else {
            throw Refusal(sentence: "usage: Fuzz TARGET …, where `Fuzz list` lists the targets")
        }
    }

    /// libFuzzer shall see its own arguments only: the program's name, and what follows ours.
    private static func drive(_ chosen: FuzzTarget, skipping skipped: Int) {
        target = chosen
        var count = CommandLine.argc - CInt(skipped)
        let all = CommandLine.unsafeArgv
        all[skipped] = all[0]
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = all + skipped
        _ = runDriver(&count, &arguments, callback)
    }

    private static let callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt = {
        bytes, length in
        target.run(UnsafeRawBufferPointer(start: bytes, count: length))
        return 0
    }

    private struct Refusal: Error {
        let sentence: String
    }
}
