// Answers lines on TCP port 8002: each with itself, `ticks` once every goroutine has ticked since.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"sync/atomic"
	"time"
)

const each = 500

var counts [2 * each]atomic.Int64

func ticks() int {
	var before [2 * each]int64
	for i := range counts {
		before[i] = counts[i].Load()
	}
	for i := range counts {
		for counts[i].Load() == before[i] {
			time.Sleep(10 * time.Millisecond)
		}
	}
	return len(counts)
}

func serve(connection net.Conn) {
	defer connection.Close()
	lines := bufio.NewScanner(connection)
	for lines.Scan() {
		line := lines.Text()
		if line == "ticks" {
			line = fmt.Sprintf("ticks %d", ticks())
		}
		if _, err := connection.Write([]byte(line + "\n")); err != nil {
			return
		}
	}
}

func main() {
	for i := range each {
		go func() {
			for {
				time.Sleep(50 * time.Millisecond)
				counts[i].Add(1)
			}
		}()
		go func() {
			for range time.Tick(70 * time.Millisecond) {
				counts[each+i].Add(1)
			}
		}()
	}
	listener, err := net.Listen("tcp", ":8002")
	if err != nil {
		log.Fatal(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(connection)
	}
}
