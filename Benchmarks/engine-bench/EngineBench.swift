// Measures the engine alone, without a network; the first argument says what. One line per
// figure goes out: its name, a space, and the numbers of its rounds.

@main
enum EngineBench {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst().filter { $0 != "--quick" }
        let isQuick = arguments.count < CommandLine.arguments.count - 1
        let part = arguments.dropFirst().first
        switch arguments.first {
        case "speed": SpeedBench(isQuick: isQuick).run(part)
        case "memory": MemoryBench(isQuick: isQuick).run()
        default: print("usage: engine-bench speed [resident|coalescer|hit] | memory [--quick]")
        }
    }

    /// Prints one figure.
    static func tell(_ name: String, _ rounds: [Double]) {
        let numbers = rounds.map { String(($0 * 1_000).rounded() / 1_000) }
        print(name, numbers.joined(separator: " "))
    }
}
