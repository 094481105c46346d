#!/usr/bin/env bash
# Makes the two demo clips of the start page: synthetic pictures and sounds whose truth is known by construction.
# Needs ffmpeg. The results are checked in; run this only to change them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../wwwroot/demo"

disc() { # x y radius on r g b: one colour channel of a soft disc at (x, y), over a slow gradient
  printf "clip(%s+40*Y/H-20*X/W+(%s-%s)*clip(%s-hypot(X-(%s),Y-(%s)),0,1),0,255)" "$4" "$5" "$4" "$3" "$1" "$2"
}
encode=(-c:v libx264 -preset slow -crf 24 -pix_fmt yuv420p -c:a aac -b:a 96k -movflags +faststart -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact)

# An orange ball rolls from left to right for ten seconds; a bell is heard each second from 2 to 7.
x='40+T*24'; y='130+20*abs(sin(T*PI))*-1'
ffmpeg -hide_banner -loglevel error -y \
  -f lavfi -i "color=black:s=320x240:r=25:d=10,format=gbrp,geq=r='$(disc "$x" "$y" 28 52 240)':g='$(disc "$x" "$y" 28 70 150)':b='$(disc "$x" "$y" 28 104 40)'" \
  -f lavfi -i "aevalsrc='between(t,2,7)*exp(-4*mod(t,1))*(0.30*sin(2*PI*880*t)+0.15*sin(2*PI*1760*t)+0.08*sin(2*PI*2637*t))':s=44100:d=10" \
  "${encode[@]}" -shortest rolling-ball-bell.mp4

# A blue light stays in the middle and is bright from 4 to 8; a low hum is heard in the same seconds.
on='between(T,4,8)'
ffmpeg -hide_banner -loglevel error -y \
  -f lavfi -i "color=black:s=320x240:r=25:d=10,format=gbrp,geq=r='$(disc 160 120 44 60 "(40+60*$on)")':g='$(disc 160 120 44 58 "(60+120*$on)")':b='$(disc 160 120 44 66 "(90+160*$on)")'" \
  -f lavfi -i "aevalsrc='between(t,4,8)*(0.25*sin(2*PI*110*t)+0.12*sin(2*PI*220*t)+0.06*sin(2*PI*333*t))':s=44100:d=10" \
  "${encode[@]}" -shortest blinking-light-hum.mp4
